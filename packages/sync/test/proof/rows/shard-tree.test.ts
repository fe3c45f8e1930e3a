// The upper part of a trie from the roots of its accounts, against docs/protocol.md 3.3.
import type { TrieRoot } from "@snaprag/verify";
import { createTrieHasher, loadBlake3, trieNodeHash } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../../src/proof/rows/shard-tree.ts";
import {
  accountRootOf,
  hashAt,
  isFlawed,
  partsOfShard,
  partsOfVirtualShard,
} from "../../../src/proof/rows/shard-tree.ts";
import { arbitraryKeysOf, byAccount, nibblesOf } from "../../support/partitions.ts";

const blake3 = await loadBlake3();
const VIRTUAL_SHARDS = [0, 1, 0x10, 0xff];
const FIDS = [0, 1, 16, 0x0100_0000, 0xffff_ffff];

type Keys = readonly Uint8Array[];

/** Keys of each virtual shard, in order; some have none. */
const arbitraryShard: fc.Arbitrary<ReadonlyMap<number, Keys>> = fc
  .tuple(...VIRTUAL_SHARDS.map(() => fc.oneof(fc.constant([]), arbitraryKeysOf(...FIDS))))
  .map((lists) => {
    return new Map(
      lists.map((keys: Keys, index) => {
        const virtualShard = VIRTUAL_SHARDS[index] ?? 0;
        return [virtualShard, keys.map((key) => key.with(0, virtualShard))];
      }),
    );
  });

/** The accounts of all virtual shards, by the whole paths to them. */
function accountParts(shard: ReadonlyMap<number, Keys>): readonly Part[] {
  return [...shard].flatMap(([virtualShard, keys]) => {
    const accounts = [...byAccount(keys)].map(([fid, ofAccount]) => {
      return { fid, hash: trieNodeHash(ofAccount, 10, blake3) };
    });
    return partsOfVirtualShard(virtualShard, accounts);
  });
}

function rootOf(keys: Keys): TrieRoot {
  const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
  for (const key of keys) hasher.add(key);
  return hasher.finish();
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "nothing" : Buffer.from(bytes).toString("hex");
}

/** The nodes at paths of keys, as the protocol has them. */
function nodesAt(keys: Keys, paths: readonly (readonly number[])[]): readonly string[] {
  const known = keys.map((key) => ({ key, nibbles: nibblesOf(key) }));
  return paths.map((path) => {
    const inside = known.filter(({ nibbles }) =>
      path.every((nibble, depth) => nibbles[depth] === nibble),
    );
    if (inside.length === 0) return "nothing";
    const below = inside.map(({ key }) => key);
    return hex(trieNodeHash(below, path.length, blake3));
  });
}

/** Every path to an account and above, each with one that leads nowhere beside it. */
function pathsOf(keys: Keys, stray: readonly number[]): readonly (readonly number[])[] {
  const paths = keys.flatMap((key) => {
    const path = [...nibblesOf(key).subarray(0, 10)];
    return path.map((_, depth) => path.slice(0, depth + 1));
  });
  const beside = paths.map((path) => [...path.slice(0, -1), 7]);
  const distinct = new Map([[], stray, ...paths, ...beside].map((path) => [path.join(), path]));
  return [...distinct.values()];
}

describe("hashAt()", () => {
  it("is the node of the trie at every path above the accounts, and nothing elsewhere", () => {
    const stray = fc.array(fc.nat(15), { maxLength: 10 });
    fc.assert(
      fc.property(arbitraryShard, stray, (shard, elsewhere) => {
        const parts = accountParts(shard);
        const keys = [...shard.values()].flat();

        const paths = pathsOf(keys, elsewhere);
        const found = paths.map((path) => hex(hashAt(parts, path, blake3)));

        expect(found).toEqual(nodesAt(keys, paths));
      }),
      { numRuns: 40 },
    );
  });

  it("is the same above virtual shards as above their accounts", () => {
    fc.assert(
      fc.property(arbitraryShard, (shard) => {
        const roots = new Map([...shard].reverse().map(([each, keys]) => [each, rootOf(keys)]));
        const parts = partsOfShard(roots);
        const keys = [...shard.values()].flat();

        const paths = pathsOf(keys, [1, 2]).filter(({ length }) => length <= 2);
        const found = paths.map((path) => hex(hashAt(parts, path, blake3)));

        expect(found).toEqual(nodesAt(keys, paths));
      }),
      { numRuns: 60 },
    );
  });
});

describe("accountRootOf()", () => {
  it("is the root of an account's leaves, and none where it has none", () => {
    fc.assert(
      fc.property(arbitraryKeysOf(5), (keys) => {
        const leaves = keys.map((trieKey) => ({ trieKey, source: undefined, isAltered: false }));

        const root = accountRootOf({ fid: 5n, leaves, altered: [], lostNames: [] }, blake3);

        expect(hex(root?.root)).toBe(
          keys.length === 0 ? "nothing" : hex(trieNodeHash(keys, 10, blake3)),
        );
        expect(root?.leafCount ?? 0).toBe(keys.length);
      }),
    );
  });
});

describe("isFlawed()", () => {
  it("is what has altered rows, or names without rows", () => {
    const account = { fid: 5n, leaves: [], altered: [], lostNames: [] };
    const leaf = { trieKey: new Uint8Array(26), source: undefined, isAltered: true };

    expect(isFlawed(account)).toBe(false);
    expect(isFlawed({ ...account, altered: [leaf] })).toBe(true);
    expect(isFlawed({ ...account, lostNames: ["alice"] })).toBe(true);
  });
});
