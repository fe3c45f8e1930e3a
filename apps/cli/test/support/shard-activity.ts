import type { ShardActivity } from "@snaprag/sync";

/** A shard that has not begun, but for what is given. */
export function aShard(given: Partial<ShardActivity> = {}): ShardActivity {
  return {
    shardId: 1,
    phase: "historical",
    partitionsDone: 0,
    partitionsFound: 0,
    partitionsTotal: 256,
    messageCount: 0,
    expectedCount: 1000,
    entryCount: 0,
    blockNumber: 0n,
    blockTime: undefined,
    isCaughtUp: false,
    errorCount: 0,
    retryCount: 0,
    ...given,
  };
}
