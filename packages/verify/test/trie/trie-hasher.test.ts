import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrieRoot, VirtualShardRoot } from "../../src/index.ts";
import { createTrieHasher, loadBlake3, readTrieKeyHead, shardRootOf } from "../../src/index.ts";
import { arbitraryKeys } from "../support/arbitrary-keys.ts";
import { naiveNode, nibblesOf, toHex } from "../support/naive-trie.ts";

const blake3 = await loadBlake3();

describe("createTrieHasher()", () => {
  it("equals the recursive definition for every set of keys", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const hasher = createTrieHasher({ blake3 });
        for (const key of keys) hasher.add(key);

        expect(hasher.finish()).toEqual({
          root: naiveNode(keys.map(nibblesOf), 0, blake3),
          leafCount: keys.length,
          opaqueLeafCount: 0,
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

  it("adds up: virtual shard roots, told or computed alone, give the shard root", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const told: VirtualShardRoot[] = [];
        const whole = createTrieHasher({ blake3, onVirtualShardRoot: (root) => told.push(root) });
        for (const key of keys) whole.add(key);
        const root = whole.finish();
        const roots = new Map<number, TrieRoot>();
        for (let shard = 0; shard < 256; shard++) {
          const part = createTrieHasher({ blake3, scope: "virtualShard" });
          for (const key of keys.filter((key) => readTrieKeyHead(key).virtualShard === shard)) {
            part.add(key);
          }
          roots.set(shard, part.finish());
        }

        expect(shardRootOf(roots, blake3)).toEqual(root);
        expect(told).toEqual(
          [...roots].flatMap(([virtualShard, part]) =>
            part.leafCount > 0 ? [{ virtualShard, ...part }] : [],
          ),
        );
      }),
    );
  });

  it("adds up what is opaque", () => {
    const part = { root: new Uint8Array(20), leafCount: 3, opaqueLeafCount: 2 };

    expect(
      shardRootOf(
        new Map([
          [1, part],
          [2, part],
        ]),
        blake3,
      ),
    ).toMatchObject({ leafCount: 6, opaqueLeafCount: 4 });
  });

  it("knows no virtual shard above 255", () => {
    const roots = new Map([[256, { root: new Uint8Array(20), leafCount: 1, opaqueLeafCount: 0 }]]);

    expect(() => shardRootOf(roots, blake3)).toThrow("[wrong_virtual_shard]");
  });

  it("refuses keys out of order, repeated, of another virtual shard, or of no length", () => {
    const key = (shard: number, last: number) =>
      Uint8Array.from([shard, 0, 0, 0, 1, 8, ...Array(19).fill(0), last]);
    const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
    hasher.add(key(7, 5));

    expect(() => hasher.add(key(7, 5))).toThrow("[keys_out_of_order]");
    expect(() => hasher.add(key(7, 4))).toThrow("[keys_out_of_order]");
    expect(() => hasher.add(key(8, 9))).toThrow("[wrong_virtual_shard]");
    expect(() => hasher.add(key(9, 9).subarray(0, 5))).toThrow("[malformed_key]");
    expect(() => hasher.add(new Uint8Array(128).fill(7))).toThrow("[malformed_key]");
  });
});
