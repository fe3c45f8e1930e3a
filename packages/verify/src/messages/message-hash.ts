import type { Message } from "@snaprag/proto";
import { HashScheme, hashedBytes, isSameBytes } from "@snaprag/proto";
import type { Blake3 } from "../blake3.ts";

/**
 * What checking a message's hash found.
 *
 * - `match`: the hash is the first 20 bytes of BLAKE3 over the hashed bytes.
 * - `mismatch`: the bytes or the hash are not what the author published.
 * - `unsupported_scheme`: a hash scheme other than BLAKE3; nothing was compared.
 * - `empty`: neither `data_bytes` nor `data` holds a byte, which no node accepts.
 */
export type MessageHashCheck = "match" | "mismatch" | "unsupported_scheme" | "empty";

/** Written before each comparison: thousands of messages are checked in a row. */
const computed = new Uint8Array(20);

/**
 * Checks a message's hash against the bytes received (docs/protocol.md 4.1).
 *
 * Hashes `data_bytes` when present and the raw bytes of `data` otherwise, never a re-encoding.
 */
export function checkMessageHash(message: Message, blake3: Blake3): MessageHashCheck {
  if (message.hashScheme !== HashScheme.BLAKE3) return "unsupported_scheme";
  const bytes = hashedBytes(message);
  if (bytes.length === 0) return "empty";
  blake3.writeHash20(computed, bytes, bytes.length);
  return isSameBytes(computed, message.hash) ? "match" : "mismatch";
}
