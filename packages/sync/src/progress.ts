// What a running sync shows of itself: numbers in memory, updated as work is committed.
import type { ShardPhase } from "@snaprag/storage";

/** One shard of a running sync. */
export interface ShardActivity {
  readonly shardId: number;
  readonly phase: ShardPhase;
  readonly partitionsDone: number;
  /** Of these, how many were done when this syncer looked last, whoever did them. */
  readonly partitionsFound: number;
  /** 0 for shards without a historical phase. */
  readonly partitionsTotal: number;
  /** Messages written since the store was empty. */
  readonly messageCount: number;
  /** Leaves of the snapshot, replicas included, when one is being downloaded; 0 otherwise. */
  readonly expectedCount: number;
  /** Entries read of that snapshot, replicas included. */
  readonly entryCount: number;
  /** Last block applied. */
  readonly blockNumber: bigint;
  /** Time of that block; undefined before the first. */
  readonly blockTime: Date | undefined;
  /** Whether the node's newest block has been applied since the start. */
  readonly isCaughtUp: boolean;
  readonly errorCount: number;
  readonly retryCount: number;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** All shards of a running sync. */
export interface Activity {
  /** The record of a shard, to read and to write. */
  of(shardId: number): Writable<ShardActivity>;
  /** A copy of all records, by shard id. */
  list(): readonly ShardActivity[];
  /** Forgets a former run, whose having caught up says nothing of the next one. */
  clear(): void;
}

/** Creates records for shards, all at the beginning. */
export function createActivity(): Activity {
  const shards = new Map<number, Writable<ShardActivity>>();
  return {
    of(shardId) {
      const known = shards.get(shardId);
      if (known !== undefined) return known;
      const shard: Writable<ShardActivity> = {
        shardId,
        phase: "historical",
        partitionsDone: 0,
        partitionsFound: 0,
        partitionsTotal: 0,
        messageCount: 0,
        expectedCount: 0,
        entryCount: 0,
        blockNumber: 0n,
        blockTime: undefined,
        isCaughtUp: false,
        errorCount: 0,
        retryCount: 0,
      };
      shards.set(shardId, shard);
      return shard;
    },
    clear: () => shards.clear(),
    list: () =>
      [...shards.values()].sort((a, b) => a.shardId - b.shardId).map((shard) => ({ ...shard })),
  };
}
