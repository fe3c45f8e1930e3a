/**
 * Why something that was to be verified could not even be read.
 *
 * - `keys_out_of_order`: a trie key does not come after the one before it, or repeats it.
 * - `wrong_virtual_shard`: a trie key is not below the node that the hasher was made for.
 * - `malformed_key`: a trie key, prefix or name is of a length that no node's trie has.
 * - `malformed_state`: the exported state of a hasher is of another version, or none at all.
 * - `no_ed25519`: no implementation of Ed25519 works here; `cause` has the last one's failure.
 */
export type VerifyErrorCode =
  | "keys_out_of_order"
  | "wrong_virtual_shard"
  | "malformed_key"
  | "malformed_state"
  | "no_ed25519";

/**
 * What was given cannot be verified. Branch on {@link code}, never on the message.
 *
 * A hash, root or signature that is wrong is a result, not an error. The same input fails again.
 */
export class VerifyError extends Error {
  override readonly name = "VerifyError";
  readonly code: VerifyErrorCode;
  /** Always false: everything here is arithmetic on what was given. */
  readonly retryable = false;

  constructor(code: VerifyErrorCode, message: string, options: ErrorOptions = {}) {
    super(`[${code}] ${message}`, options);
    this.code = code;
  }
}
