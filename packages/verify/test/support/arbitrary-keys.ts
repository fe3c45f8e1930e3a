import fc from "fast-check";
import { toHex } from "./naive-trie.ts";

/** Keys that crowd together: few virtual shards, fids and types, hashes from a tiny alphabet. */
export const arbitraryKeys: fc.Arbitrary<Uint8Array[]> = fc
  .array(
    fc
      .tuple(
        fc.constantFrom(0, 1, 16, 255),
        fc.nat(2),
        fc.constantFrom(8, 0x18, 0x1a),
        fc.array(fc.constantFrom(0, 1, 0x10), { minLength: 20, maxLength: 20 }),
      )
      .map(([shard, fid, type, hash]) => Uint8Array.from([shard, 0, 0, 0, fid, type, ...hash])),
    { maxLength: 40 },
  )
  .map((keys) => [...new Map(keys.map((key) => [toHex(key), key])).values()].sort(Buffer.compare));
