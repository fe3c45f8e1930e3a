import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTrieHasher, loadBlake3, readTrieKeyHead, shardRootOf } from "../src/index.ts";
import { naiveNode, nibblesOf, toHex } from "./naive-trie.ts";

const blake3 = await loadBlake3();

/** Keys that crowd together: few virtual shards, fids and types, hashes from a tiny alphabet. */
const arbitraryKeys = fc
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

describe("createTrieHasher()", () => {
  it("equals the recursive definition for every set of keys", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const hasher = createTrieHasher({ blake3 });
        for (const key of keys) hasher.add(key);

        expect(hasher.finish()).toEqual({
          root: naiveNode(keys.map(nibblesOf), 0, blake3),
          leafCount: keys.length,
        });
      }),
    );
  });

  it("yields every account's root once, in order", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const seen: [string, number][] = [];
        const hasher = createTrieHasher({
          blake3,
          onAccountRoot: ({ root, leafCount }) => seen.push([toHex(root), leafCount]),
        });
        for (const key of keys) hasher.add(key);
        hasher.finish();

        const accounts = new Map<string, Uint8Array[]>();
        for (const key of keys) {
          const prefix = toHex(key.subarray(0, 5));
          accounts.set(prefix, [...(accounts.get(prefix) ?? []), nibblesOf(key)]);
        }
        expect(seen).toEqual(
          [...accounts.values()].map((paths) => [
            toHex(naiveNode(paths, 10, blake3)),
            paths.length,
          ]),
        );
      }),
    );
  });

  it("adds up: virtual shard roots give the shard root", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const whole = createTrieHasher({ blake3 });
        for (const key of keys) whole.add(key);
        const roots = new Map<number, Uint8Array>();
        for (let shard = 0; shard < 256; shard++) {
          const part = createTrieHasher({ blake3, scope: "virtualShard" });
          for (const key of keys.filter((key) => readTrieKeyHead(key).virtualShard === shard)) {
            part.add(key);
          }
          roots.set(shard, part.finish().root);
        }

        expect(shardRootOf(roots, blake3)).toEqual(whole.finish().root);
      }),
    );
  });

  it("refuses keys out of order, repeated, or of another virtual shard", () => {
    const key = (shard: number, last: number) =>
      Uint8Array.from([shard, 0, 0, 0, 1, 8, ...Array(19).fill(0), last]);
    const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
    hasher.add(key(7, 5));

    expect(() => hasher.add(key(7, 5))).toThrow(TypeError);
    expect(() => hasher.add(key(7, 4))).toThrow(TypeError);
    expect(() => hasher.add(key(8, 9))).toThrow("one virtual shard");
  });
});
