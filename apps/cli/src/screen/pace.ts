// How fast the shards of a running sync go, from looking at their numbers again and again.
import type { ShardActivity } from "@snaprag/sync";

/** How fast one shard goes. */
export interface ShardPace {
  /** Over the last seconds; 0 until two looks are apart in time. */
  readonly messagesPerSecond: number;
  /** Time until the shard's history is complete; undefined when nothing tells. */
  readonly etaSeconds: number | undefined;
}

/** Remembers recent looks at a running sync. */
export interface PaceMeter {
  /** Takes in the numbers at a time in milliseconds, and gives each shard's pace by shard id. */
  observe(shards: readonly ShardActivity[], atMs: number): ReadonlyMap<number, ShardPace>;
}

/** Long enough to smooth out single pages and blocks, short enough to show a change soon. */
const WINDOW_MS = 10_000;

interface Look {
  readonly atMs: number;
  readonly shards: ReadonlyMap<number, { readonly messageCount: number; readonly share: number }>;
}

/**
 * How much of a shard's history is here, from 0 to 1.
 *
 * Entries are the finer measure, but counted from zero by every run; partitions are counted over all.
 */
export function historyShare(shard: ShardActivity): number {
  if (shard.phase === "realtime") return 1;
  const ofPartitions = ratio(shard.partitionsDone, shard.partitionsTotal);
  return Math.min(1, Math.max(ofPartitions, ratio(shard.entryCount, shard.expectedCount)));
}

/** Creates a meter that has seen nothing yet. */
export function createPaceMeter(): PaceMeter {
  const looks: Look[] = [];
  return {
    observe(shards, atMs) {
      while (looks[1] !== undefined && looks[1].atMs <= atMs - WINDOW_MS) looks.shift();
      const look = toLook(shards, atMs);
      looks.push(look);
      return new Map(
        shards.map(({ shardId }) => {
          // Shards come into being one after the other.
          const first = looks.find((earlier) => earlier.shards.has(shardId)) ?? look;
          return [shardId, paceBetween(first, look, shardId)];
        }),
      );
    },
  };
}

function toLook(shards: readonly ShardActivity[], atMs: number): Look {
  const entries = shards.map(
    (shard) =>
      [shard.shardId, { messageCount: shard.messageCount, share: historyShare(shard) }] as const,
  );
  return { atMs, shards: new Map(entries) };
}

function paceBetween(first: Look, last: Look, shardId: number): ShardPace {
  const before = first.shards.get(shardId);
  const now = last.shards.get(shardId);
  const seconds = (last.atMs - first.atMs) / 1000;
  if (before === undefined || now === undefined || seconds <= 0) {
    return { messagesPerSecond: 0, etaSeconds: undefined };
  }
  const sharePerSecond = (now.share - before.share) / seconds;
  return {
    messagesPerSecond: Math.max(0, now.messageCount - before.messageCount) / seconds,
    etaSeconds: sharePerSecond > 0 && now.share < 1 ? (1 - now.share) / sharePerSecond : undefined,
  };
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
