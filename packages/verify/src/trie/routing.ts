import { sha256 } from "@noble/hashes/sha2.js";

/** The fid as four big-endian bytes; nodes truncate it to 32 bits (docs/protocol.md 3.1). */
export function fidBytes(fid: bigint): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, Number(fid & 0xffffffffn));
  return bytes;
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
