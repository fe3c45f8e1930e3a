import fc from "fast-check";
import { toHex } from "./bytes.ts";

/** Trie keys that crowd together: few virtual shards, fids and types, hashes of few digits. */
export const arbitraryKey: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(0, 1, 16, 255),
    fc.nat(2),
    fc.constantFrom(8, 0x18, 0x1a),
    fc.array(fc.constantFrom(0, 1, 0x10), { minLength: 20, maxLength: 20 }),
  )
  .map(([shard, fid, type, hash]) => Uint8Array.from([shard, 0, 0, 0, fid, type, ...hash]));

export const arbitraryKeys: fc.Arbitrary<Uint8Array[]> = fc
  .array(arbitraryKey, { maxLength: 40 })
  .map((keys) => [...new Map(keys.map((key) => [toHex(key), key])).values()]);

/** Keys of one account that share all but their ends, so that adding one always splits another. */
export const arbitraryCloseKey: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(8, 0x18), fc.nat(3), fc.constantFrom(0, 1, 0x10))
  .map(([type, middle, last]) => {
    const hash = new Uint8Array(20);
    hash[9] = middle;
    hash[19] = last;
    return Uint8Array.from([7, 0, 0, 0, 1, type, ...hash]);
  });
