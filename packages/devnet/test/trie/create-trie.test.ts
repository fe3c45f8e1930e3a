import { createTrieHasher, loadBlake3, messageTrieKey, onChainEventTrieKey } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildOnChainEvent } from "../../src/index.ts";
import type { Trie } from "../../src/trie/create-trie.ts";
import { createTrie } from "../../src/trie/create-trie.ts";
import { toNibbles } from "../../src/trie/trie-node.ts";
import { arbitraryCloseKey, arbitraryKey, arbitraryKeys } from "../support/arbitrary-keys.ts";
import { fromHex, nibblesOf, toHex } from "../support/bytes.ts";
import { naiveNode } from "../support/naive-trie.ts";

const blake3 = await loadBlake3();

function naiveRoot(keys: Iterable<Uint8Array>): string {
  return toHex(naiveNode([...keys].map(nibblesOf), 0, blake3));
}

describe("createTrie()", () => {
  it("has the root of the recursive definition for every set of keys", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const trie = createTrie<number>(blake3);
        for (const key of keys) trie.insert(key, 0);

        expect(toHex(trie.rootHash())).toBe(naiveRoot(keys));
        expect(trie.leafCount).toBe(keys.length);
      }),
    );
  });

  it("has the root of the streaming hasher, which shares no code with it", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const trie = createTrie<number>(blake3);
        for (const key of keys) trie.insert(key, 0);
        const hasher = createTrieHasher({ blake3 });
        for (const key of keys.toSorted(Buffer.compare)) hasher.add(key);

        expect(trie.rootHash()).toEqual(hasher.finish().root);
      }),
    );
  });

  it("depends on the keys it holds and not on how they came and went", () => {
    const step = fc.record({ index: fc.nat(9), isInsert: fc.boolean(), isHashed: fc.boolean() });
    const pool = fc.array(fc.oneof(arbitraryKey, arbitraryCloseKey), {
      minLength: 10,
      maxLength: 10,
    });
    fc.assert(
      fc.property(pool, fc.array(step, { maxLength: 60 }), (keys, steps) => {
        const trie = createTrie<number>(blake3);
        const expected = new Map<string, Uint8Array>();
        for (const { index, isInsert, isHashed } of steps) {
          const key = keys[index]!;
          if (isInsert) {
            trie.insert(key, 0);
            expected.set(toHex(key), key);
          } else {
            trie.delete(key);
            expected.delete(toHex(key));
          }
          // A root asked for in between must not survive the next change.
          if (isHashed) trie.rootHash();
        }

        expect(toHex(trie.rootHash())).toBe(naiveRoot(expected.values()));
        expect(trie.leafCount).toBe(expected.size);
        expect([...trie.leaves()].map(({ key }) => toHex(key))).toEqual(
          [...expected.keys()].sort(),
        );
      }),
    );
  });

  it("leaves a snapshot as it was, whatever comes later", () => {
    fc.assert(
      fc.property(arbitraryKeys, arbitraryKeys, (before, after) => {
        const trie = createTrie<number>(blake3);
        for (const key of before) trie.insert(key, 0);
        const snapshot = trie.snapshot();
        for (const key of before.slice(0, before.length / 2)) trie.delete(key);
        for (const key of after) trie.insert(key, 1);

        expect(toHex(snapshot.rootHash())).toBe(naiveRoot(before));
        expect(snapshot.leafCount).toBe(before.length);
        expect([...snapshot.leaves()].every(({ value }) => value === 0)).toBe(true);
      }),
    );
  });

  it("shows what it would be without some keys, and stays as it is", () => {
    fc.assert(
      fc.property(arbitraryKeys, arbitraryKeys, fc.nat(40), (keys, gone, count) => {
        const trie = trieOfKeys(keys);
        const without = [...gone, ...keys.slice(count)];
        const names = new Set(without.map(toHex));
        const left = keys.filter((key) => !names.has(toHex(key)));
        const snapshot = trieOfKeys(keys).snapshot();
        const views = [trie.without(without), snapshot.without(without)];
        // None of them sees what else is left out, and what comes later.
        snapshot.without(left);
        for (const key of gone) trie.insert(key, 1);
        for (const key of left) trie.delete(key);

        for (const view of views) {
          expect(toHex(view.rootHash())).toBe(naiveRoot(left));
          expect(view.leafCount).toBe(left.length);
        }
        expect(toHex(snapshot.rootHash())).toBe(naiveRoot(keys));
      }),
    );
  });

  it("finds a node at every prefix, with the hash and count of the keys below", () => {
    fc.assert(
      fc.property(arbitraryKeys, fc.constantFrom(1, 2, 10, 11, 12, 20), (keys, depth) => {
        const trie = createTrie<number>(blake3);
        for (const key of keys) trie.insert(key, 0);

        for (const key of keys) {
          const path = nibblesOf(key).subarray(0, depth);
          const below = keys.map(nibblesOf).filter((other) => startsWith(other, path));
          const node = trie.findNode(path);
          // Below a leaf there is nothing: a lone key stands at its own depth only.
          if (node === undefined) expect(below).toHaveLength(1);
          else expect(toHex(trie.hashOf(node))).toBe(toHex(naiveNode(below, depth, blake3)));
        }
      }),
    );
  });

  it("is empty without keys", () => {
    const trie = createTrie<number>(blake3);

    expect(trie.rootHash()).toEqual(new Uint8Array());
    expect(trie.findNode([])).toBeUndefined();
  });

  it("takes the new value of a key that is there", () => {
    const trie = createTrie<string>(blake3);
    const key = messageTrieKey(1n, 1, new Uint8Array(20));
    trie.insert(key, "old");
    trie.insert(key, "new");

    expect(trie.leafCount).toBe(1);
    expect(trie.findLeaf(key)?.value).toBe("new");
  });
});

describe("the vectors of docs/protocol.md 3.5", () => {
  const base = [
    [4, 0xa1],
    [3, 0xa2],
    [1, 0xa3],
  ] as const;

  function onChainKey(fid: bigint, type: number, fill: number, logIndex = 0): Uint8Array {
    const value = { migratedAt: 0 };
    const body = { $case: "signerMigratedEventBody", value } as const;
    const event = buildOnChainEvent({ fid, body, blockNumber: 0, blockTimestamp: 0n, logIndex });
    const transactionHash = new Uint8Array(32).fill(fill);
    return onChainEventTrieKey({ ...event, type: type as 1, transactionHash });
  }

  function trieOf(messages: readonly (readonly [type: number, hash: string])[]) {
    const trie = createTrie<null>(blake3);
    for (const [type, fill] of base) trie.insert(onChainKey(1234n, type, fill), null);
    for (const [type, hash] of messages) {
      trie.insert(messageTrieKey(1234n, type, fromHex(hash)), null);
    }
    return trie;
  }

  function hashAt(trie: ReturnType<typeof trieOf>, key: Uint8Array, depth: number): string {
    const node = trie.findNode(toNibbles(key).subarray(0, depth));
    return node === undefined ? "" : toHex(trie.hashOf(node));
  }

  it.each([
    [
      "none",
      [],
      "74e8ceb2b2179387343afa1fd4d64a386afd39a1",
      "6f5f5e5f2040c29396ef08d814a5fc82dac52eb8",
    ],
    [
      "CastAdd",
      [[1, "27f49c6928369d64495f4c4dd142c2e7389ebf1e"]],
      "f4002357cb70255b96989a673ff575478e96ce53",
      "735b36b21bb061fb3c247ef375c71fd109885a0d",
    ],
    [
      "CastRemove",
      [[2, "b7d1cd976fb46bf5a6fdbdca32717c8404277e2d"]],
      "350797146f60b726a9ed01e6510cf461eae141fd",
      "0a0f27ebc2eafc2c0e5aeff5cc05085a36da8edb",
    ],
    [
      "ReactionAdd",
      [[3, "bbe457a26f1099b0d75d9965bcac691bbb4ce49a"]],
      "a8c079cbcce4fb537495b42bdfe38b6f6411c77f",
      "32d9c56df5247bd0b9b96826b5647bf73365d67c",
    ],
    [
      "LinkAdd",
      [[5, "17e218e50051a6fc3f2e37431f1d981624e42b0a"]],
      "4a1b864f4149b053eb81897d4f02ae5386648e14",
      "d5260aef37b9e0e9474259b19eb1bba00884fea9",
    ],
    [
      "LinkCompactState",
      [[14, "6f6b7d0748c079186da2b91fafbcde7bd6ea0949"]],
      "2cd01c9fdb95829e58df1cd3eb3bd62cfdd54493",
      "125d6d6b6d108cbce714071c4a3375f0eb2e7ff4",
    ],
    [
      "two casts that share a nibble",
      [
        [1, "eb1850b43b2dd25935222c9137f5fa71b02b9689"],
        [1, "ee0fcb6344d22ea2af4f97859108eb5a3c6650fd"],
      ],
      "15281b012f30be748e5c0ff8398973c326e8f10f",
      "b28938ac004258943f9cba9b7f13ba655e036b20",
    ],
  ] as [string, [number, string][], string, string][])(
    "shard and account root: %s",
    (_, messages, shardRoot, accountRoot) => {
      const trie = trieOf(messages);

      expect(toHex(trie.rootHash())).toBe(shardRoot);
      expect(hashAt(trie, onChainKey(1234n, 4, 0xa1), 10)).toBe(accountRoot);
    },
  );

  it("every node on the path of the cast", () => {
    const trie = trieOf([[1, "27f49c6928369d64495f4c4dd142c2e7389ebf1e"]]);
    const key = messageTrieKey(1234n, 1, fromHex("27f49c6928369d64495f4c4dd142c2e7389ebf1e"));

    expect([12, 11, 10, 9, 2, 1, 0].map((depth) => hashAt(trie, key, depth))).toEqual([
      "95f4bcec41a044b087df40055cca7bf7576df1e6",
      "98e5e3b0c1d405e65655ca3b9f931173e91d6605",
      "735b36b21bb061fb3c247ef375c71fd109885a0d",
      "e96e514c49a92a91a4940b5d7ad4c0a050ead8b4",
      "353bea021f7f96fba280a35feba3523d1f88ad2c",
      "f7fd270db9fe679174bf172cb4042f1e30193121",
      "f4002357cb70255b96989a673ff575478e96ce53",
    ]);
  });

  it("the split of two casts, and a second account", () => {
    const first = "eb1850b43b2dd25935222c9137f5fa71b02b9689";
    const trie = trieOf([
      [1, first],
      [1, "ee0fcb6344d22ea2af4f97859108eb5a3c6650fd"],
    ]);
    const key = messageTrieKey(1234n, 1, fromHex(first));

    expect([14, 13, 12].map((depth) => hashAt(trie, key, depth))).toEqual([
      "25e6b6f910987762d4b30206e1213426fecfb779",
      "328005598761ae309f581a8d5b5e5f60193314e7",
      "3b1507e88aea54b71fe60c12691d9b114d6ab64d",
    ]);

    const other = onChainKey(1001n, 3, 0xb2, 7);
    trie.insert(other, null);

    expect(hashAt(trie, other, 10)).toBe("c44bce9fa8c3626dbd02b702e46ce66e0906bc8f");
    expect(toHex(trie.rootHash())).toBe("63f990d05cd8301f66e845c2739be860b9a1f486");
  });
});

function trieOfKeys(keys: readonly Uint8Array[]): Trie<number> {
  const trie = createTrie<number>(blake3);
  for (const key of keys) trie.insert(key, 0);
  return trie;
}

function startsWith(path: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((nibble, depth) => path[depth] === nibble);
}
