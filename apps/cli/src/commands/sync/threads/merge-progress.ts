import type { ShardActivity } from "@snaprag/sync";
import type { ThreadsProgress } from "./running-sync.ts";

/**
 * The shards of a sync as its threads know them together.
 *
 * Who leads a shard knows most of it. While it has its history to come, the others download of it
 * too, and each counts what it does itself.
 */
export function mergeProgress({ led, helped }: ThreadsProgress): readonly ShardActivity[] {
  const threads = [...led, helped];
  const shardIds = new Set(threads.flatMap((shards) => shards.map(({ shardId }) => shardId)));
  return [...shardIds]
    .sort((a, b) => a - b)
    .flatMap((shardId) => {
      const known = threads.map((shards) => shards.find((shard) => shard.shardId === shardId));
      return mergeShard(known, known[shardId % led.length]) ?? [];
    });
}

function mergeShard(
  known: readonly (ShardActivity | undefined)[],
  leader: ShardActivity | undefined,
): ShardActivity | undefined {
  const shards = known.filter((shard) => shard !== undefined);
  const [best = leader] = [leader, ...shards].filter((shard) => shard !== undefined);
  if (best === undefined) return undefined;
  const sumOf = (count: (shard: ShardActivity) => number) =>
    shards.reduce((sum, shard) => sum + count(shard), 0);
  const merged = {
    ...best,
    errorCount: sumOf(({ errorCount }) => errorCount),
    retryCount: sumOf(({ retryCount }) => retryCount),
  };
  if (best.phase === "realtime") return merged;
  return {
    ...merged,
    entryCount: sumOf(({ entryCount }) => entryCount),
    messageCount: sumOf(({ messageCount }) => messageCount),
    partitionsDone: Math.min(
      best.partitionsTotal,
      Math.max(
        // Whoever looks again finds what others have done.
        ...shards.map(({ partitionsDone }) => partitionsDone),
        // What one that came to help has found was done by these, and is counted.
        Math.max(0, ...known.slice(0, -1).map((shard) => shard?.partitionsFound ?? 0)) +
          sumOf(({ partitionsDone, partitionsFound }) => partitionsDone - partitionsFound),
      ),
    ),
    expectedCount: Math.max(...shards.map(({ expectedCount }) => expectedCount)),
  };
}
