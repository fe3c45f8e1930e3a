import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { Message } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { checkMessageSignature, loadEd25519 } from "../../src/index.ts";
import { fromHex } from "../support/naive-trie.ts";

const ed25519 = await loadEd25519();

describe("checkMessageSignature()", () => {
  const privateKey = createPrivateKey({
    key: Buffer.concat([fromHex("302e020100300506032b657004220420"), new Uint8Array(32).fill(3)]),
    format: "der",
    type: "pkcs8",
  });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const hash = fromHex("27f49c6928369d64495f4c4dd142c2e7389ebf1e");
  const message = {
    ...Message.decode(new Uint8Array()),
    hash,
    signatureScheme: 1 as const,
    signature: sign(null, hash, privateKey),
    signer: Buffer.from(x!, "base64url"),
  };

  it("accepts the signer's signature of the hash", () => {
    expect(checkMessageSignature(message, ed25519)).toBe("valid");
  });

  it("refuses another hash, another signer, and no signature", () => {
    const otherSigner = fromHex("69104ef20c6676aacc9e8c291800d1b7e911e20f85b4066156ea118ace44b8d7");

    for (const change of [
      { hash: hash.with(0, 0) },
      { signer: otherSigner },
      { signature: new Uint8Array() },
    ]) {
      expect(checkMessageSignature({ ...message, ...change }, ed25519)).toBe("invalid");
    }
  });

  it("verifies nothing under another scheme", () => {
    expect(checkMessageSignature({ ...message, signatureScheme: 2 }, ed25519)).toBe(
      "unsupported_scheme",
    );
  });
});
