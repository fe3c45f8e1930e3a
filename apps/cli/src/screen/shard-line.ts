import type { ShardActivity } from "@snaprag/sync";
import { formatCount, formatDuration, formatRate } from "./format-quantity.ts";
import type { ShardPace } from "./pace.ts";
import { historyShare } from "./pace.ts";

const BAR_WIDTH = 20;

/** One shard of a running sync on one line: a bar while its history comes, then height and lag. */
export function shardLine(shard: ShardActivity, pace: ShardPace, now: Date): string {
  const parts = [`shard ${shard.shardId}`, ...describePhase(shard, now)];
  if (pace.messagesPerSecond > 0) parts.push(`${formatRate(pace.messagesPerSecond)} messages/s`);
  if (pace.etaSeconds !== undefined) parts.push(`ETA ${formatDuration(pace.etaSeconds)}`);
  if (shard.retryCount > 0) parts.push(`${formatCount(shard.retryCount)} retries`);
  return parts.join("  ");
}

/** A bar of a fixed width, full for a share of 1. */
export function progressBar(share: number): string {
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
}

/** Seconds between a block and now; null before the first block. Clocks may differ: never below 0. */
export function lagSeconds(blockTime: Date | null | undefined, now: Date): number | null {
  if (blockTime === null || blockTime === undefined) return null;
  return Math.max(0, Math.round((now.getTime() - blockTime.getTime()) / 1000));
}

function describePhase(shard: ShardActivity, now: Date): readonly string[] {
  if (shard.phase === "realtime") return describeRealtime(shard, now);
  if (shard.partitionsTotal === 0) return ["starting"];
  const share = historyShare(shard);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return [
    `${progressBar(share)} ${percent}`,
    `${shard.partitionsDone}/${shard.partitionsTotal} partitions`,
    `${formatCount(shard.entryCount)}/${formatCount(shard.expectedCount)} entries`,
  ];
}

function describeRealtime(shard: ShardActivity, now: Date): readonly string[] {
  const lag = lagSeconds(shard.blockTime, now);
  return [
    `height ${formatCount(shard.blockNumber)}`,
    ...(lag === null ? [] : [`lag ${formatDuration(lag)}`]),
    `${formatCount(shard.messageCount)} messages`,
  ];
}

/** One shard of a running sync, for machines. Fields are only ever added. */
export function shardRecord(shard: ShardActivity, pace: ShardPace | undefined, now: Date): object {
  return {
    shardId: shard.shardId,
    phase: shard.phase,
    share: Number(historyShare(shard).toFixed(3)),
    partitionsDone: shard.partitionsDone,
    partitionsTotal: shard.partitionsTotal,
    entries: shard.entryCount,
    expectedEntries: shard.expectedCount,
    height: Number(shard.blockNumber),
    lagSeconds: lagSeconds(shard.blockTime, now),
    isCaughtUp: shard.isCaughtUp,
    messages: shard.messageCount,
    messagesPerSecond: Math.round(pace?.messagesPerSecond ?? 0),
    etaSeconds: pace?.etaSeconds === undefined ? null : Math.round(pace.etaSeconds),
    errors: shard.errorCount,
    retries: shard.retryCount,
  };
}
