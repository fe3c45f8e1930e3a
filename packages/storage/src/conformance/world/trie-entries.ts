// Entries of a snapshot as nodes serve them (docs/protocol.md 2.3, 3.1).
import type { processSnapshotEntry } from "@snaprag/processors";
import type { Message, OnChainEvent, UserNameProof } from "./actors.ts";
import { virtualShardOf } from "./actors.ts";

/** An entry, and the account whose key it is under. */
export interface ShardTrieEntry {
  readonly fid: bigint;
  readonly entry: Parameters<typeof processSnapshotEntry>[0];
}

/** Virtual shard and fid: what every key begins with. */
function accountKey(fid: bigint): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = virtualShardOf(fid);
  new DataView(key.buffer).setUint32(1, Number(fid));
  return key;
}

/** A message under an account's key: its author's, or the borrower's of a lend. */
export function messageEntry(message: Message, fid: bigint): ShardTrieEntry {
  const trieMessage = { $case: "userMessage" as const, value: message };
  return { fid, entry: { trieKey: accountKey(fid), trieMessage } };
}

/** An on-chain event under its account's key. */
export function onChainEntry(event: OnChainEvent): ShardTrieEntry {
  const trieMessage = { $case: "onChainEvent" as const, value: event };
  return { fid: event.fid, entry: { trieKey: accountKey(event.fid), trieMessage } };
}

/** A registry name under its holder's key; snapshots leave out all but the proof. */
export function fnameEntry(proof: UserNameProof): ShardTrieEntry {
  const value = { id: 0n, fromFid: 0n, proof };
  const trieMessage = { $case: "fnameTransfer" as const, value };
  return { fid: proof.fid, entry: { trieKey: accountKey(proof.fid), trieMessage } };
}
