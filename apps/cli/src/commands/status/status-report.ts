// What `snaprag status` says, as JSON and as tables.
import type { RowCount, ShardProgress } from "@snaprag/storage";
import { formatCount, formatDuration } from "../../screen/format-quantity.ts";
import { formatRows, rowCountsToObject } from "../../screen/row-counts.ts";
import { lagSeconds } from "../../screen/shard-line.ts";
import { textTable } from "../../screen/text-table.ts";

/** How far a mirror has come, and what it holds. */
export interface MirrorStatus {
  readonly shards: readonly ShardProgress[];
  readonly tables: ReadonlyMap<string, RowCount>;
}

/** The status for machines. Fields are only ever added. */
export function statusToObject({ shards, tables }: MirrorStatus, now: Date): object {
  return {
    shards: shards.map((shard) => ({
      shardId: shard.shardId,
      phase: shard.phase,
      height: Number(shard.blockNumber),
      snapshotHeight: shard.snapshotHeight === null ? null : Number(shard.snapshotHeight),
      eventId: shard.eventId,
      messages: Number(shard.messageCount),
      users: shard.userCount,
      errors: shard.errorCount,
      retries: shard.retryCount,
      quarantined: shard.quarantinedCount,
      fallbacks: shard.fallbackCount,
      lagSeconds: lagSeconds(shard.blockTime, now),
    })),
    tables: rowCountsToObject(tables),
  };
}

/** The status for people: a table of shards and a table of relations. */
export function statusLines({ shards, tables }: MirrorStatus, now: Date): readonly string[] {
  return [...shardLines(shards, now), "", ...tableLines(tables)];
}

function shardLines(shards: readonly ShardProgress[], now: Date): readonly string[] {
  const headings = ["shard", "phase", "height", "snapshot", "cursor", "messages", "users"];
  const rows = shards.map((shard) => {
    const lag = lagSeconds(shard.blockTime, now);
    return [
      String(shard.shardId),
      shard.phase,
      formatCount(shard.blockNumber),
      shard.snapshotHeight === null ? "-" : formatCount(shard.snapshotHeight),
      String(shard.eventId),
      formatCount(shard.messageCount),
      formatCount(shard.userCount),
      formatCount(shard.errorCount),
      formatCount(shard.retryCount),
      formatCount(shard.quarantinedCount),
      formatCount(shard.fallbackCount),
      lag === null ? "-" : formatDuration(lag),
    ];
  });
  return textTable([...headings, "errors", "retries", "quarantined", "fallbacks", "lag"], rows);
}

function tableLines(tables: ReadonlyMap<string, RowCount>): readonly string[] {
  const rows = [...tables].map(([table, count]) => [
    table,
    formatRows(count.live, count),
    formatRows(count.total, count),
  ]);
  return textTable(["table", "live", "total"], rows);
}
