// Leaves that no row stands for, in memory.
import { lastPositionOf } from "@snaprag/processors";
import type { PageBatch } from "../batches.ts";
import type { LeafChange } from "../proof.ts";

interface Leaf {
  readonly shardId: number;
  readonly fid: bigint;
  readonly trieKey: Uint8Array;
  eventId: bigint;
  removedEventId: bigint;
}

/** All leaves of a store, by shard and key. */
export type MemoryLeaves = Map<string, Leaf>;

function nameOf({ shardId, trieKey }: Pick<LeafChange, "shardId" | "trieKey">): string {
  return `${shardId}/${Array.from(trieKey, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function isPresent({ eventId, removedEventId }: Leaf): boolean {
  return eventId > 0n && eventId >= removedEventId;
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Applies changes; where a leaf comes and goes at one position, it stays. */
export function applyLeaves(leaves: MemoryLeaves, changes: readonly LeafChange[]): void {
  for (const change of changes) {
    const { shardId, fid, trieKey, eventId } = change;
    const name = nameOf(change);
    const leaf = leaves.get(name) ?? { shardId, fid, trieKey, eventId: 0n, removedEventId: 0n };
    if (change.isPresent) leaf.eventId = greater(leaf.eventId, eventId);
    else leaf.removedEventId = greater(leaf.removedEventId, eventId);
    leaves.set(name, leaf);
  }
}

/** Removes the leaves of a partition that stand before its snapshot, which did not list them. */
export function removeUnlisted(
  leaves: MemoryLeaves,
  page: Pick<PageBatch, "shardId" | "virtualShard" | "height">,
  virtualShardOf: (fid: bigint) => number,
): void {
  const eventId = lastPositionOf(page.height);
  for (const leaf of leaves.values()) {
    const isOfShard = leaf.shardId === page.shardId && leaf.eventId < eventId;
    if (isOfShard && virtualShardOf(leaf.fid) === page.virtualShard) {
      leaf.removedEventId = greater(leaf.removedEventId, eventId);
    }
  }
}

/** Leaves that are there, by shard and key. */
export function listLeaves(leaves: MemoryLeaves): readonly Leaf[] {
  const names = [...leaves].filter(([, leaf]) => isPresent(leaf)).map(([name]) => name);
  return names.sort().flatMap((name) => leaves.get(name) ?? []);
}
