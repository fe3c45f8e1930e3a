import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrieHasher, TrieObserver } from "../../src/index.ts";
import { createTrieHasher, loadBlake3, resumeTrieHasher } from "../../src/index.ts";
import { arbitraryKeys } from "../support/arbitrary-keys.ts";
import { naiveNode, nibblesOf, toHex } from "../support/naive-trie.ts";

const blake3 = await loadBlake3();

/** Writes down everything that a hasher tells. */
function createRecorder(): { observer: TrieObserver; told: unknown[] } {
  const told: unknown[] = [];
  const observer = {
    blake3,
    onAccountRoot: (root: unknown) => told.push(root),
    onVirtualShardRoot: (root: unknown) => told.push(root),
  };
  return { observer, told };
}

type Step = (hasher: TrieHasher) => void;

/** Keys as steps, with everything below one of their prefixes as the hash of a subtree. */
function toSteps(keys: readonly Uint8Array[], at: number, depth: number): Step[] {
  const prefix = keys[at] === undefined ? undefined : nibblesOf(keys[at]).subarray(0, depth);
  const isBelow = (key: Uint8Array) =>
    prefix !== undefined && toHex(nibblesOf(key)).startsWith(toHex(prefix));
  const below = keys.filter(isBelow);
  return keys.flatMap((key): Step[] => {
    if (prefix === undefined || !isBelow(key)) return [(hasher) => hasher.add(key)];
    if (key !== below[0]) return [];
    const hash = naiveNode(below.map(nibblesOf), depth, blake3);
    return [(hasher) => hasher.addSubtree({ path: prefix, hash, leafCount: below.length })];
  });
}

describe("addSubtree()", () => {
  it("stands for the leaves below it, wherever it is", () => {
    fc.assert(
      fc.property(arbitraryKeys, fc.nat(40), fc.nat(52), (keys, at, depth) => {
        const whole = createTrieHasher({ blake3 });
        for (const key of keys) whole.add(key);
        const hasher = createTrieHasher({ blake3 });
        for (const step of toSteps(keys, at, depth)) step(hasher);

        const { root, leafCount, opaqueLeafCount } = hasher.finish();

        expect({ root, leafCount, opaqueLeafCount: 0 }).toEqual(whole.finish());
        expect(opaqueLeafCount > 0).toBe(keys[at] !== undefined);
      }),
      { numRuns: 500 },
    );
  });

  it("counts its leaves to the account and says that they are opaque", () => {
    const key = (type: number) => Uint8Array.from([7, 0, 0, 0, 1, type, ...Array(20).fill(type)]);
    const keys = [8, 0x80, 0x88].map(key);
    const { observer, told } = createRecorder();
    const hasher = createTrieHasher({ ...observer, scope: "virtualShard" });
    const gasless = naiveNode(keys.slice(1).map(nibblesOf), 11, blake3);
    const path = nibblesOf(key(0x80)).subarray(0, 11);

    hasher.add(key(8));
    hasher.addSubtree({ path, hash: gasless, leafCount: 2 });
    hasher.finish();

    const root = naiveNode(keys.map(nibblesOf), 10, blake3);
    expect(told[0]).toEqual({ fid: 1n, root, leafCount: 3, opaqueLeafCount: 2 });
  });

  it("tells the root of an account or a virtual shard that is opaque as a whole", () => {
    const hash = new Uint8Array(20).fill(9);
    const { observer, told } = createRecorder();
    const hasher = createTrieHasher(observer);
    const account = nibblesOf(Uint8Array.of(7, 0, 0, 0, 1));

    hasher.addSubtree({ path: account, hash, leafCount: 3 });
    hasher.addSubtree({ path: Uint8Array.of(0, 8), hash, leafCount: 5 });
    hasher.finish();

    expect(told).toContainEqual({ fid: 1n, root: hash, leafCount: 3, opaqueLeafCount: 3 });
    expect(told).toContainEqual({
      virtualShard: 8,
      root: hash,
      leafCount: 5,
      opaqueLeafCount: 5,
    });
  });

  it("refuses what no node can be", () => {
    const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
    const subtree = {
      path: nibblesOf(Uint8Array.of(7, 0)),
      hash: new Uint8Array(20),
      leafCount: 2,
    };
    hasher.addSubtree(subtree);

    expect(() => hasher.addSubtree({ ...subtree, leafCount: 0 })).toThrow("[malformed_key]");
    expect(() => hasher.addSubtree({ ...subtree, hash: new Uint8Array(32) })).toThrow("[malform");
    expect(() => hasher.addSubtree({ ...subtree, path: Uint8Array.of(0) })).toThrow("[malformed");
    expect(() => hasher.addSubtree({ ...subtree, path: Uint8Array.of(0, 16) })).toThrow("[malfor");
    expect(() => hasher.add(Uint8Array.from([7, 0, ...Array(24).fill(1)]))).toThrow("[keys_out_of");
  });
});

describe("exportState()", () => {
  it("lets another hasher go on from any cut, to the same roots", () => {
    fc.assert(
      fc.property(
        arbitraryKeys,
        fc.nat(40),
        fc.nat(52),
        fc.array(fc.nat(40), { maxLength: 4 }),
        (keys, at, depth, cuts) => {
          const steps = toSteps(keys, at, depth);
          const uncut = createRecorder();
          const whole = createTrieHasher(uncut.observer);
          for (const step of steps) step(whole);
          const cut = createRecorder();
          let hasher = createTrieHasher(cut.observer);
          steps.forEach((step, index) => {
            if (cuts.includes(index)) hasher = resumeTrieHasher(hasher.exportState(), cut.observer);
            step(hasher);
          });
          hasher = resumeTrieHasher(hasher.exportState(), cut.observer);

          expect(hasher.finish()).toEqual(whole.finish());
          expect(cut.told).toEqual(uncut.told);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("leaves the hasher usable, and keeps to its virtual shard", () => {
    const key = (shard: number) => Uint8Array.from([shard, ...Array(25).fill(1)]);
    const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
    hasher.add(key(7));

    const resumed = resumeTrieHasher(hasher.exportState(), { blake3 });

    expect(() => resumed.add(key(8))).toThrow("[wrong_virtual_shard]");
    expect(resumed.finish()).toEqual(hasher.finish());
  });

  it("is small, however many keys there were", () => {
    const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
    for (let index = 0; index < 20_000; index++) {
      const key = new Uint8Array(26).fill(7);
      new DataView(key.buffer).setUint32(1, index >> 6);
      new DataView(key.buffer).setUint32(6, (index & 63) << 26);
      hasher.add(key);
    }

    expect(hasher.exportState().length).toBeLessThan(2_000);
  });

  it("refuses bytes that are no state", () => {
    const hasher = createTrieHasher({ blake3 });
    hasher.add(new Uint8Array(26).fill(7));
    const state = hasher.exportState();
    const change = (at: number, byte: number) => state.with(at, byte);

    for (const bytes of [
      new Uint8Array(),
      state.subarray(0, state.length - 1),
      Uint8Array.from([...state, 0]),
      change(0, 2),
      change(3, 0x7f),
      change(state.length - 1, 200),
    ]) {
      expect(() => resumeTrieHasher(bytes, { blake3 })).toThrow("[malformed_state]");
    }
  });
});
