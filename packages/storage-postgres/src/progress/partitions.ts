import type { PageBatch, PartitionProgress, PartitionProof, SnapshotPlan } from "@snaprag/storage";
import type { QueryConfig, QueryResult } from "pg";
import { encodeArray } from "../tables/binary-values.ts";
import { int4 } from "../tables/column-types.ts";

/** The driver takes buffers only. */
function toBuffer(bytes: Uint8Array | null | undefined): Buffer | null {
  return bytes ? Buffer.from(bytes) : null;
}

/**
 * Moves a partition past a page, or ends the transaction when it is not where the page begins. Nobody waits
 * for the disk: what a power failure takes is a page with its progress, which is downloaded again.
 */
export function movePartition(page: PageBatch): QueryConfig {
  const { shardId, virtualShard, height, pageToken, nextPageToken } = page;
  return {
    name: "move_partition",
    text: `with moved as (
        update sync_partitions set status = $5, page_token = $6,
          message_count = message_count + $7, fallback_count = fallback_count + $8,
          block_time = $9, proof_state = $10, proof_root = $11, leaf_count = $12,
          opaque_leaf_count = $13, unproven_account_count = $14,
          is_relisted = is_relisted or $15, updated_at = now()
        where shard_id = $1 and virtual_shard = $2 and height = $3 and status <> 'done'
          and page_token is not distinct from $4
        returning 1
      ) select sync_fence((select count(*) from moved)),
        set_config('synchronous_commit', 'off', true)`,
    values: [
      shardId,
      virtualShard,
      height,
      pageToken,
      page.isLast ? "done" : "running",
      nextPageToken,
      page.messageCount,
      page.fallbackCount,
      page.at,
      toBuffer(page.proof?.state),
      toBuffer(page.proof?.root),
      page.proof?.leafCount ?? null,
      page.proof?.opaqueLeafCount ?? null,
      page.proof?.unprovenAccountCount ?? null,
      page.isRelisted,
    ],
  };
}

/**
 * Sends partitions to a snapshot. What they hold already has to be listed again. Ends the transaction
 * when one is done, and none may be: decided with its row locked, as a last page may just be written.
 */
export function planPartitions(plan: SnapshotPlan): QueryConfig {
  return {
    text: `with freed as (
        delete from sync_leases where shard_id = $1 and virtual_shard = any($3::int4[])
      ), planned as (
        insert into sync_partitions (shard_id, virtual_shard, status, height, is_relisted)
        select $1, virtual_shard, 'pending', $2,
          (select snapshot_height is not null from sync_progress where shard_id = $1)
        from unnest($3::int4[]) as wanted (virtual_shard)
        on conflict (shard_id, virtual_shard) do update set
          status = 'pending', height = $2, page_token = null, message_count = 0,
          fallback_count = 0, proof_state = null, proof_root = null, leaf_count = null,
          opaque_leaf_count = null, unproven_account_count = null, updated_at = now(),
          is_relisted = excluded.is_relisted or sync_partitions.is_relisted
            or sync_partitions.status <> 'pending'
        where not $4::boolean or sync_partitions.status <> 'done'
        returning 1
      ) select sync_fence(((select count(*) from planned) = cardinality($3::int4[]))::int)`,
    values: [
      plan.shardId,
      plan.height,
      encodeArray(int4, plan.virtualShards),
      plan.isForUnfinished === true,
    ],
  };
}

/** Reads the partitions of one shard. */
export function selectPartitions(shardId: number): QueryConfig {
  return {
    text: "select * from sync_partitions where shard_id = $1 order by virtual_shard",
    values: [shardId],
  };
}

function toProof(row: QueryResult["rows"][number]): PartitionProof | null {
  if (row.leaf_count === null) return null;
  return {
    state: row.proof_state,
    root: row.proof_root,
    leafCount: Number(row.leaf_count),
    opaqueLeafCount: Number(row.opaque_leaf_count),
    unprovenAccountCount: row.unproven_account_count,
  };
}

/** Partitions as the contract words them. */
export function toPartitions({ rows }: QueryResult): readonly PartitionProgress[] {
  return rows.map((row) => ({
    shardId: row.shard_id,
    virtualShard: row.virtual_shard,
    status: row.status,
    height: row.height,
    pageToken: row.page_token,
    isRelisted: row.is_relisted,
    messageCount: row.message_count,
    fallbackCount: row.fallback_count,
    proof: toProof(row),
  }));
}
