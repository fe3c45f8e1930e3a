import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { findValidatorSet, listMainnetValidatorSets } from "../../src/index.ts";
import { toHex } from "../support/naive-trie.ts";

const sets = listMainnetValidatorSets();

function countOf(shardIndex: number, blockNumber: bigint): number | undefined {
  return findValidatorSet(sets, { shardIndex, blockNumber })?.publicKeys.length;
}

describe("findValidatorSet()", () => {
  it("takes the latest in effect of the sets that name the shard", () => {
    expect(findValidatorSet(sets, { shardIndex: 1, blockNumber: 26_701_295n })).toBe(sets[0]);
    expect(findValidatorSet(sets, { shardIndex: 1, blockNumber: 26_701_296n })).toBe(sets[3]);
    expect([countOf(0, 28_414_999n), countOf(0, 28_415_000n)]).toEqual([5, 6]);
    expect([countOf(2, 39_623_999n), countOf(2, 39_624_000n)]).toEqual([6, 7]);
  });

  it("does not depend on the order of the later sets", () => {
    const reordered = [sets[0]!, ...sets.slice(1).reverse()];
    const height = { shardIndex: 1, blockNumber: 39_797_999n };

    expect(findValidatorSet(reordered, height)).toBe(findValidatorSet(sets, height));
  });

  it("falls back to the first set for a shard that none names, and finds nothing in none", () => {
    expect(findValidatorSet(sets, { shardIndex: 9, blockNumber: 1n })).toBe(sets[0]);
    expect(findValidatorSet([], { shardIndex: 1, blockNumber: 1n })).toBeUndefined();
  });
});

describe("listMainnetValidatorSets()", () => {
  it("changes at the blocks of docs/protocol.md 4.4", () => {
    expect(sets.map(({ effectiveAt, shardIds }) => [Number(effectiveAt), ...shardIds])).toEqual([
      [0, 0, 1, 2],
      [26_386_684, 0],
      [26_556_206, 2],
      [26_701_296, 1],
      [28_415_000, 0],
      [28_706_000, 2],
      [28_852_000, 1],
      [39_180_000, 0],
      [39_624_000, 2],
      [39_798_000, 1],
    ]);
  });

  it("has keys that are points of the prime order, as a mistyped one would hardly be", () => {
    const keys = new Map(
      sets.flatMap(({ publicKeys }) => publicKeys.map((key) => [toHex(key), key])),
    );

    expect(keys.size).toBe(8);
    for (const key of keys.values()) {
      expect(ed25519.Point.fromBytes(key).isTorsionFree()).toBe(true);
    }
  });

  it("never has a validator twice in a set", () => {
    for (const { publicKeys } of sets) {
      expect(new Set(publicKeys.map(toHex)).size).toBe(publicKeys.length);
    }
  });
});
