import { createHash } from "node:crypto";

/** Bytes of a content hash: two of a trillion texts are then alike once in 10^14 times. */
const HASH_BYTES = 16;

/** Names a text: the first 16 bytes of the SHA-256 of its UTF-8. Equal texts have equal hashes. */
export function contentHash(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text, "utf8").digest().subarray(0, HASH_BYTES));
}
