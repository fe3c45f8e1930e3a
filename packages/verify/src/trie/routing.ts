import { sha256 } from "@noble/hashes/sha2.js";

/** The fid as four big-endian bytes; nodes truncate it to 32 bits (docs/protocol.md 3.1). */
export function fidBytes(fid: bigint): Uint8Array {
  const low = Number(BigInt.asUintN(32, fid));
  // Every key of a leaf has them: a view to write them by would cost more than the rest.
  return Uint8Array.of(low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff);
}

/** Bounded: a network has millions of fids, and what is worked on at a time is of few of them. */
const MOST_KNOWN = 10_000;
/** What was computed lately: every key of an account's leaves asks for the same. */
const knownHeads = new Map<bigint, number>();

function digestHead(fid: bigint): number {
  const known = knownHeads.get(fid);
  if (known !== undefined) return known;
  const digest = sha256(fidBytes(fid));
  const head = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  if (knownHeads.size >= MOST_KNOWN) knownHeads.clear();
  knownHeads.set(fid, head);
  return head;
}

/** The virtual shard, 0 to 255, that holds a fid's account in every shard's trie. */
export function virtualShardOf(fid: bigint): number {
  return digestHead(fid) & 0xff;
}

/** The home shard of a fid, 1 to `shardCount`, where `shardCount` does not count shard 0. */
export function homeShardOf(fid: bigint, shardCount: number): number {
  return (digestHead(fid) % shardCount) + 1;
}
