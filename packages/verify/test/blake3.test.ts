import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { createBLAKE3 } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { loadBlake3 } from "../src/index.ts";

const blake3 = await loadBlake3();
const library = await createBLAKE3(256);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const expected = (bytes: Uint8Array) => library.init().update(bytes).digest("hex");

describe("loadBlake3()", () => {
  it("writes a hash of the first bytes to a place, which may be among them", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 1200 }),
        fc.nat(1200),
        (bytes, some) => {
          const count = Math.min(some, bytes.length);
          const [before, target] = [bytes.slice(), new Uint8Array(24).fill(7)];
          blake3.writeHash20(target, bytes, count);
          const hash = expected(before.subarray(0, count)).slice(0, 40);
          expect(hex(target)).toBe(`${hash}07070707`);
          blake3.writeHash20(bytes, bytes, count);
          expect(hex(bytes)).toBe(hash + hex(before.subarray(20)));
        },
      ),
    );
  });

  it("keeps hashes apart from what is hashed after them", () => {
    const first = blake3.hash20(randomBytes(50));
    const shown = hex(first);
    blake3.hash20(createHash("sha256").digest());

    expect(hex(first)).toBe(shown);
  });
});
