import { verify } from "node:crypto";
import type { RawVerify } from "../../src/index.ts";

/**
 * Ed25519 by OpenSSL: no relative of libsodium, and without any strictness of its own, so that
 * what it refuses is refused by ours.
 */
export const verifyByOpenSsl: RawVerify = (bytes, signature, publicKey) => {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = { key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" } as const;
  return verify(null, bytes, key, signature);
};
