import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { Message } from "@snaprag/proto";

const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const BLANK = Message.decode(new Uint8Array());

const signers = Array.from({ length: 5 }, (_, index) => {
  const key = Buffer.concat([PKCS8_PREFIX, new Uint8Array(32).fill(index + 1)]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, signer: Uint8Array.from(Buffer.from(x!, "base64url")) };
});

/** Messages of nothing but hash, signature and signer, all valid, signed by OpenSSL. */
export function signedMessages(count: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const { privateKey, signer } = signers[index % signers.length]!;
    const hash = Uint8Array.from(createHash("sha1").update(`${index}`).digest());
    const signature = Uint8Array.from(sign(null, hash, privateKey));
    return { ...BLANK, hash, hashScheme: 1, signature, signatureScheme: 1, signer };
  });
}

/** The same bytes with one bit turned. */
export function withBitTurned(bytes: Uint8Array, bit: number): Uint8Array {
  const index = (bit >> 3) % bytes.length;
  return bytes.with(index, bytes[index]! ^ (1 << (bit & 7)));
}
