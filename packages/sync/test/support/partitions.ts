// Partitions made up of keys, as a node lists them: whole, in pages, and with what it tells of accounts.
import type { FidAccountRootHash } from "@snaprag/proto";
import type { Blake3, OpaqueSubtree } from "@snaprag/verify";
import { readTrieKeyHead, trieNodeHash } from "@snaprag/verify";
import fc from "fast-check";

/** A leaf, or a part of an account that is known by its hash. */
export type Leaf = Uint8Array | OpaqueSubtree;

/** High nibble of the type bytes of gasless keys. */
const GASLESS_NIBBLE = 8;
const ACCOUNT_DEPTH = 10;

export function nibblesOf(key: Uint8Array): Uint8Array {
  return Uint8Array.from([...key].flatMap((byte) => [byte >> 4, byte & 15]));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** A key of virtual shard 7: on-chain events have 36 bytes after the type, all else 20. */
export function keyOf(fid: number, typeByte: number, tail: readonly number[]): Uint8Array {
  const key = new Uint8Array(typeByte < 7 ? 42 : 26);
  key[0] = 7;
  new DataView(key.buffer).setUint32(1, fid);
  key[5] = typeByte;
  key.set(tail, 6);
  return key;
}

/** Keys of some accounts in order: few types, gasless keys among them, and hashes that begin alike. */
export function arbitraryKeysOf(...fids: readonly number[]): fc.Arbitrary<readonly Uint8Array[]> {
  return fc
    .array(
      fc
        .tuple(
          fc.constantFrom(...fids),
          fc.constantFrom(1, 4, 7, 8, 0x10, 0x28, 0x80, 0x88, 0xa8),
          fc.array(fc.constantFrom(0, 1, 0x10), { minLength: 3, maxLength: 3 }),
        )
        .map(([fid, typeByte, tail]) => keyOf(fid, typeByte, tail)),
      { maxLength: 30 },
    )
    .map((keys) => new Map(keys.map((key) => [hexOf(key), key])))
    .map((keys) => [...keys.values()].sort(Buffer.compare));
}

/** Keys of up to six accounts. */
export const arbitraryKeys: fc.Arbitrary<readonly Uint8Array[]> = arbitraryKeysOf(
  ...[0, 1, 2, 16, 0x0100_0000, 0xffff_ffff],
);

/** The same with at least one key. */
export const arbitraryListing: fc.Arbitrary<readonly Uint8Array[]> = arbitraryKeys.filter(
  (keys) => keys.length > 0,
);

/** Where pages end: anywhere, so that some are empty and some end with an account. */
export const arbitraryCuts: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(31), {
  maxLength: 8,
});

export function fidOf(leaf: Leaf): bigint {
  if (leaf instanceof Uint8Array) return readTrieKeyHead(leaf).fid;
  return leaf.path
    .subarray(2, ACCOUNT_DEPTH)
    .reduce((fid, nibble) => fid * 16n + BigInt(nibble), 0n);
}

/** Cuts leaves into pages; there is always at least one. */
export function toPages<Each extends Leaf>(
  leaves: readonly Each[],
  cuts: readonly number[],
): readonly (readonly Each[])[] {
  const ends = [...cuts.map((cut) => Math.min(cut, leaves.length)), leaves.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => leaves.slice(ends[index - 1] ?? 0, end));
}

/** Keys of each account, in order. */
export function byAccount(keys: readonly Uint8Array[]): ReadonlyMap<bigint, readonly Uint8Array[]> {
  const accounts = new Map<bigint, readonly Uint8Array[]>();
  for (const key of keys) {
    const { fid } = readTrieKeyHead(key);
    accounts.set(fid, [...(accounts.get(fid) ?? []), key]);
  }
  return accounts;
}

/** What an honest node tells of each account. */
export function rootsOf(
  keys: readonly Uint8Array[],
  blake3: Blake3,
): readonly FidAccountRootHash[] {
  return [...byAccount(keys)].map(([fid, ofAccount]) => ({
    fid,
    accountRootHash: trieNodeHash(ofAccount, ACCOUNT_DEPTH, blake3),
    numMessages: BigInt(ofAccount.length),
  }));
}

/** The same keys with the gasless ones of each account as the hash of their part. */
export function withOpaqueGaslessKeys(
  keys: readonly Uint8Array[],
  blake3: Blake3,
): readonly Leaf[] {
  return [...byAccount(keys).values()].flatMap((ofAccount): readonly Leaf[] => {
    const isGasless = (key: Uint8Array) => readTrieKeyHead(key).typeByte >> 4 === GASLESS_NIBBLE;
    const gasless = ofAccount.filter(isGasless);
    const [first] = gasless;
    if (first === undefined) return ofAccount;
    const path = nibblesOf(first).subarray(0, ACCOUNT_DEPTH + 1);
    const hash = trieNodeHash(gasless, ACCOUNT_DEPTH + 1, blake3);
    const part = { path, hash, leafCount: gasless.length };
    return ofAccount.flatMap((key): readonly Leaf[] => {
      if (!isGasless(key)) return [key];
      return key === first ? [part] : [];
    });
  });
}
