// What `snaprag status` says, as JSON and as tables.
import type { EmbeddingSetStatus } from "@snaprag/embeddings";
import type { RowCount, ShardProgress, ShardProof } from "@snaprag/storage";
import { toHex } from "../../output.ts";
import { formatCount, formatDuration } from "../../screen/format-quantity.ts";
import { formatRows, rowCountsToObject } from "../../screen/row-counts.ts";
import { lagSeconds } from "../../screen/shard-line.ts";
import { textTable } from "../../screen/text-table.ts";
import { embeddingStatusLines, embeddingsToObject } from "../embeddings/embedding-lines.ts";

/** How far a mirror has come, and what it holds. */
export interface MirrorStatus {
  readonly shards: readonly ShardProgress[];
  readonly tables: ReadonlyMap<string, RowCount>;
  /** Sets of vectors; none where nothing was ever embedded. */
  readonly embeddings: readonly EmbeddingSetStatus[];
}

/** The status for machines. Fields are only ever added. */
export function statusToObject(status: MirrorStatus, now: Date): object {
  const { shards, tables, embeddings } = status;
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
      proof: shard.proof && proofToObject(shard.proof, now),
    })),
    tables: rowCountsToObject(tables),
    embeddings: embeddingsToObject(embeddings),
  };
}

/** The latest proof of a shard for machines. Fields are only ever added. */
export function proofToObject(proof: ShardProof, now: Date): object {
  return {
    status: proof.status,
    height: Number(proof.blockNumber),
    root: toHex(proof.root),
    leaves: Number(proof.leafCount),
    opaqueLeaves: Number(proof.opaqueLeafCount),
    commits: proof.commits,
    provedAt: proof.provedAt.toISOString(),
    ageSeconds: lagSeconds(proof.provedAt, now),
  };
}

/** The status for people: tables of shards, of what is proved of them, of relations, of vectors. */
export function statusLines(status: MirrorStatus, now: Date): readonly string[] {
  const { shards, tables, embeddings } = status;
  return [
    ...[...shardLines(shards, now), ""],
    ...[...proofLines(shards, now), ""],
    ...tableLines(tables),
    ...embeddingStatusLines(embeddings),
  ];
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

/** Shard 0 has no trie of its own: its gasless keys are proved with the others. */
function proofLines(shards: readonly ShardProgress[], now: Date): readonly string[] {
  const rows = shards
    .filter(({ shardId }) => shardId !== 0)
    .map(({ shardId, proof }) => [
      String(shardId),
      ...(proof === null ? ["-", "-", "-", "-", "-"] : proofCells(proof, now)),
    ]);
  return textTable(["shard", "proof", "height", "leaves", "commits", "age"], rows);
}

function proofCells(proof: ShardProof, now: Date): readonly string[] {
  return [
    proof.status,
    formatCount(proof.blockNumber),
    formatCount(proof.leafCount),
    proof.commits.replace("_", " "),
    formatDuration(lagSeconds(proof.provedAt, now) ?? 0),
  ];
}

function tableLines(tables: ReadonlyMap<string, RowCount>): readonly string[] {
  const rows = [...tables].map(([table, count]) => [
    table,
    formatRows(count.live, count),
    formatRows(count.total, count),
  ]);
  return textTable(["table", "live", "total"], rows);
}
