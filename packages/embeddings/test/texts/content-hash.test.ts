import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentHash } from "../../src/index.ts";

describe("contentHash()", () => {
  it("is the beginning of the SHA-256 of the text", () => {
    // By `printf abc | sha256sum`.
    expect(Buffer.from(contentHash("abc")).toString("hex")).toBe(
      "ba7816bf8f01cfea414140de5dae2223",
    );
  });

  it("has 16 bytes of its own, the same for equal texts only", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(contentHash(a).buffer.byteLength).toBe(16);
        expect(Buffer.compare(contentHash(a), contentHash(b)) === 0).toBe(a === b);
      }),
    );
  });
});
