import type { Message } from "@snaprag/proto";
import { SignatureScheme } from "@snaprag/proto";
import { HASH_BYTES, PACKED_BYTES, SIGNATURE_BYTES, SIGNER_BYTES } from "./check-packed.ts";

/** Whether a message's signature has the scheme and lengths without which no node accepts it. */
export function canBeValid({ signatureScheme, hash, signature, signer }: Message): boolean {
  return (
    signatureScheme === SignatureScheme.ED25519 &&
    hash.length === HASH_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    signer.length === SIGNER_BYTES
  );
}

/** Copies what is to be verified of messages that {@link canBeValid} into one buffer, in order. */
export function packSignatures(
  carriers: readonly { readonly message: Message }[],
): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(carriers.length * PACKED_BYTES);
  let offset = 0;
  for (const { message } of carriers) {
    const { hash, signature, signer } = message;
    packed.set(hash, offset);
    packed.set(signature, offset + HASH_BYTES);
    packed.set(signer, offset + HASH_BYTES + SIGNATURE_BYTES);
    offset += PACKED_BYTES;
  }
  return packed;
}
