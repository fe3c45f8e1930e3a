// What is checked of every message before anything is made of it.
import type { Message } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import { checkMessageHash } from "@snaprag/verify";

/**
 * How much of what a node says is checked.
 *
 * - `none`: nothing; the node is believed.
 * - `proof`: every hash and trie key is computed from the bytes received, and every root from the
 *   keys, up to the root that the chain's validators have committed.
 * - `full`: besides, every message's signature.
 */
export type VerificationLevel = "none" | "proof" | "full";

/** What messages are checked with. */
export interface MessageChecks {
  /** Undefined where hashes and keys are not checked. */
  readonly blake3: Blake3 | undefined;
  /** Messages whose signatures were found to be wrong. */
  readonly forged: ReadonlySet<Message>;
}

/** No message was found forged. */
export const NONE_FORGED: ReadonlySet<Message> = new Set();

/** Stable code of what is wrong with a message; undefined when nothing is. */
export function findFault(message: Message, { blake3, forged }: MessageChecks): string | undefined {
  if (blake3 === undefined) return undefined;
  const check = checkMessageHash(message, blake3);
  if (check !== "match") return `hash_${check}`;
  return forged.has(message) ? "signature_invalid" : undefined;
}
