// The form in which signatures travel to the threads that verify them, and their answer. Apart from
// the packing, so that a thread loads none of the wire bindings.
import type { Ed25519 } from "@snaprag/verify";

/** First 20 bytes of BLAKE3 (docs/protocol.md 4.1). */
export const HASH_BYTES = 20;
export const SIGNATURE_BYTES = 64;
export const SIGNER_BYTES = 32;

const SIGNATURE_START = HASH_BYTES;
const SIGNER_START = SIGNATURE_START + SIGNATURE_BYTES;
/** One message's hash, signature and signer, in this order and without a gap. */
export const PACKED_BYTES: number = SIGNER_START + SIGNER_BYTES;

/**
 * Verifies packed signatures, {@link PACKED_BYTES} each. Answers with one bit for each in the same
 * order, the lowest of a byte first, set when the signature is invalid.
 */
export function checkPacked(packed: Uint8Array, ed25519: Ed25519): Uint8Array<ArrayBuffer> {
  const count = packed.length / PACKED_BYTES;
  const invalid = new Uint8Array(Math.ceil(count / 8));
  for (let index = 0; index < count; index++) {
    const start = index * PACKED_BYTES;
    const hash = packed.subarray(start, start + SIGNATURE_START);
    const signature = packed.subarray(start + SIGNATURE_START, start + SIGNER_START);
    const signer = packed.subarray(start + SIGNER_START, start + PACKED_BYTES);
    if (ed25519.verify(hash, signature, signer)) continue;
    invalid[index >> 3] = (invalid[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return invalid;
}

/** Whether the signature at a position is marked as invalid in the answer of {@link checkPacked}. */
export function isMarked(invalid: Uint8Array, position: number): boolean {
  return ((invalid[position >> 3] ?? 0) & (1 << (position & 7))) !== 0;
}
