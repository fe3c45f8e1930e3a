import type { ShardChunk } from "@snaprag/proto";
import type { DataShard } from "../../engine/blocks/data-shard.ts";
import { toUnixSeconds } from "../../engine/farcaster-time.ts";
import type { Network } from "../../engine/network.ts";
import type { Entry } from "../../engine/state/shard-state.ts";
import type { TrieView } from "../../trie/create-trie.ts";

/** A shard as it was after a block. */
export interface Snapshot {
  readonly height: bigint;
  /** Farcaster seconds of the block. */
  readonly timestamp: bigint;
  readonly chunk: ShardChunk;
  readonly view: TrieView<Entry>;
}

/** When snapshots are taken and dropped (docs/protocol.md 2.2). */
export interface SnapshotPolicy {
  readonly intervalBlocks: number;
  readonly maxAgeMs: number;
  /** By how many blocks the label of the snapshot being taken lags behind its content; mostly 0. */
  readonly labelLagBlocks: () => number;
}

/** The snapshots that the node holds in memory. */
export interface SnapshotShelf {
  /**
   * Called after each commit: drops what is too old, then takes a snapshot when the height is a
   * multiple of the interval or the shard has none.
   */
  onCommit(shardId: number, nowSeconds: bigint): void;
  /** Takes one now, whatever the height. */
  take(shardId: number): void;
  dropAll(): void;
  drop(shardId: number, height: bigint): void;
  /** Drops all, and that there ever were any, as a restart does. */
  forget(): void;
  find(shardId: number, height: bigint): Snapshot | undefined;
  /** In no particular order; undefined for a shard that never had one. */
  list(shardId: number): readonly Snapshot[] | undefined;
}

/** Creates an empty shelf. */
export function createSnapshotShelf(network: Network, policy: SnapshotPolicy): SnapshotShelf {
  const shelf = new Map<number, Map<bigint, Snapshot>>();
  const maxAgeSeconds = BigInt(Math.floor(policy.maxAgeMs / 1000));

  function take(shard: DataShard): void {
    const tip = shard.height();
    const label = tip - BigInt(policy.labelLagBlocks());
    const height = label < 1n ? tip : label;
    const chunk = shard.findChunk(height);
    if (chunk?.header === undefined) return;
    const snapshot = {
      height,
      timestamp: chunk.header.timestamp,
      chunk,
      view: shard.state.trie.snapshot(),
    };
    const known = shelf.get(shard.shardId);
    if (known === undefined) shelf.set(shard.shardId, new Map([[height, snapshot]]));
    else known.set(height, snapshot);
  }

  function isExpired(timestamp: bigint, nowSeconds: bigint): boolean {
    return toUnixSeconds(timestamp) < nowSeconds - maxAgeSeconds;
  }

  return {
    onCommit(shardId, nowSeconds) {
      const shard = network.dataShards.get(shardId);
      if (shard === undefined) return;
      const known = shelf.get(shardId);
      for (const { height, timestamp } of known?.values() ?? []) {
        if (isExpired(timestamp, nowSeconds)) known?.delete(height);
      }
      const isDue = shard.height() % BigInt(policy.intervalBlocks) === 0n;
      const hasNone = known === undefined || known.size === 0;
      if ((isDue || hasNone) && !isExpired(shard.lastTimestamp(), nowSeconds)) take(shard);
    },
    take(shardId) {
      const shard = network.dataShards.get(shardId);
      if (shard !== undefined) take(shard);
    },
    dropAll() {
      for (const snapshots of shelf.values()) snapshots.clear();
    },
    drop: (shardId, height) => void shelf.get(shardId)?.delete(height),
    forget: () => shelf.clear(),
    find: (shardId, height) => shelf.get(shardId)?.get(height),
    list(shardId) {
      const known = shelf.get(shardId);
      return known === undefined ? undefined : disorder([...known.values()]);
    },
  };
}

/** Nodes list in hash-map order; here the newest is never first when there is a choice. */
function disorder(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  const middle = Math.floor(snapshots.length / 2);
  return [...snapshots.slice(middle, -1), ...snapshots.slice(-1), ...snapshots.slice(0, middle)];
}
