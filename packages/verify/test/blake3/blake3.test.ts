import fc from "fast-check";
import { createBLAKE3 } from "hash-wasm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadBlake3 } from "../../src/index.ts";

const blake3 = await loadBlake3();
const library = await createBLAKE3(256);

function expected(bytes: Uint8Array): string {
  return library.init().update(bytes).digest("hex");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("loadBlake3()", () => {
  it("hashes every length up to two chunks as the library does", () => {
    // Random before zeros of the block, so that what an earlier input left behind is seen.
    for (let length = 2050; length >= 0; length--) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 251);
      expect(hex(blake3.hash32(bytes))).toBe(expected(bytes));
      expect(hex(blake3.hash20(bytes))).toBe(expected(bytes).slice(0, 40));
    }
  });

  it("hashes any bytes as the library does, in any order and part of any buffer", () => {
    const part = fc.record({ bytes: fc.uint8Array({ maxLength: 1300 }), start: fc.nat(8) });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        for (const { bytes, start } of parts) {
          const view = bytes.subarray(start);
          expect(hex(blake3.hash32(view))).toBe(expected(view));
        }
      }),
    );
  });

  it("writes a hash of the first bytes to a place, which may be among them", () => {
    const length = fc.nat(1100);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 1200 }), length, (bytes, some) => {
        const count = Math.min(some, bytes.length);
        const [before, target] = [bytes.slice(), new Uint8Array(24).fill(7)];
        blake3.writeHash20(target, bytes, count);
        const hash = expected(before.subarray(0, count)).slice(0, 40);
        expect(hex(target)).toBe(`${hash}07070707`);
        blake3.writeHash20(bytes, bytes, count);
        expect(hex(bytes)).toBe(hash + hex(before.subarray(20)));
      }),
    );
  });

  it("does without the instructions that a machine does not have", async () => {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate(): boolean } };
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const without = await loadBlake3();
    for (const length of [0, 1, 20, 64, 65, 1024, 1025]) {
      const bytes = new Uint8Array(length).fill(length);
      expect(hex(without.hash20(bytes))).toBe(expected(bytes).slice(0, 40));
      expect(hex(without.hash32(bytes))).toBe(expected(bytes));
    }
  });
});
