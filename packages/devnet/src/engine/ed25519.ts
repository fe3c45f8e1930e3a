// Ed25519 by Node's crypto, with key objects made once for each key.
import type { KeyObject } from "node:crypto";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

/** PKCS #8 wrapping of a raw Ed25519 secret (RFC 8410), up to the 32 secret bytes. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SIGNATURE_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;

/** A secret key, ready to sign. */
export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Signs bytes; 64 bytes, the same for the same input. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** The key pair of a 32-byte secret. */
export function createKeyPair(secret: Uint8Array): KeyPair {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, secret]),
    format: "der",
    type: "pkcs8",
  });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return {
    publicKey: Uint8Array.from(Buffer.from(x ?? "", "base64url")),
    // A copy, as the buffer that Node returns holds on to a larger piece of native memory.
    sign: (bytes) => Uint8Array.from(sign(null, bytes, privateKey)),
  };
}

/** Whether a signature of the bytes was made with the secret of a public key. */
export function isSignedBy(
  bytes: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return verify(null, bytes, importPublicKey(publicKey), signature);
}

function importPublicKey(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
