/**
 * Why something cannot be embedded or searched.
 *
 * - `key_missing`: the provider wants a key and none was given.
 * - `key_refused`: the provider does not accept the key.
 * - `unreachable`: no connection to the provider, or no answer in time, after every retry.
 * - `rate_limited`: the provider has asked to be left alone for as long as retries lasted.
 * - `provider_failed`: the provider fails by its own account, after every retry.
 * - `unknown_model`: the provider has no model of that name.
 * - `malformed_answer`: an answer that is no list of vectors, one for each text.
 * - `wrong_dimension`: vectors of another length than was said, or than is stored.
 * - `other_model`: vectors of another model than those that are stored: they cannot be compared.
 * - `text_refused`: the provider does not take this text; {@link EmbeddingError.isTooLong} may say
 *   why.
 * - `package_missing`: a package that only this provider needs is not installed.
 * - `model_unavailable`: the files of a local model are not there, or are none.
 * - `extension_missing`: pgvector was asked for, and the database does not have it.
 * - `superseded`: another embedder has begun with another model, or another recipe.
 * - `nothing_embedded`: there are no vectors to search.
 */
export type EmbeddingErrorCode =
  | "key_missing"
  | "key_refused"
  | "unreachable"
  | "rate_limited"
  | "provider_failed"
  | "unknown_model"
  | "malformed_answer"
  | "wrong_dimension"
  | "other_model"
  | "text_refused"
  | "package_missing"
  | "model_unavailable"
  | "extension_missing"
  | "superseded"
  | "nothing_embedded";

const RETRYABLE: ReadonlySet<EmbeddingErrorCode> = new Set([
  "unreachable",
  "rate_limited",
  "provider_failed",
  // A proxy's page in place of an answer, or one that was cut off, is not there for ever.
  "malformed_answer",
]);

/** What is known of a failure besides its code. */
export interface EmbeddingErrorContext {
  readonly cause?: unknown;
  /** HTTP status of the provider's answer. */
  readonly status?: number | undefined;
  /** With `rate_limited` and `provider_failed`: how long the provider asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
  /** With `text_refused`: whether it is for the length of the text. */
  readonly isTooLong?: boolean | undefined;
}

/** Something cannot be embedded or searched. Branch on {@link code}, never on the message. */
export class EmbeddingError extends Error {
  override readonly name = "EmbeddingError";
  readonly code: EmbeddingErrorCode;
  /** True when the same call may succeed later without changing it. */
  readonly retryable: boolean;
  /** HTTP status of the provider's answer, where it gave one. */
  readonly status: number | undefined;
  /** How long the provider asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether a text is refused for its length. */
  readonly isTooLong: boolean;

  constructor(code: EmbeddingErrorCode, message: string, context: EmbeddingErrorContext = {}) {
    super(`[${code}] ${message}`, { cause: context.cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.status = context.status;
    this.retryAfterMs = context.retryAfterMs;
    this.isTooLong = context.isTooLong ?? false;
  }
}
