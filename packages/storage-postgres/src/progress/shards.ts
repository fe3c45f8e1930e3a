import type {
  BlockBatch,
  ShardProgress,
  ShardProof,
  ShardStanding,
  SnapshotPlan,
  SyncFault,
} from "@snaprag/storage";
import type { QueryConfig, QueryResult } from "pg";

/** Moves a shard past a batch, or ends the transaction when it is not where the batch begins. */
export function moveShard(batch: BlockBatch): QueryConfig {
  return {
    name: "move_shard",
    text: `with moved as (
        update sync_progress set block_number = $3, block_time = $4, event_id = $5,
          message_count = message_count + $6, updated_at = now()
        where shard_id = $1 and phase = 'realtime' and block_number = $2
        returning 1
      ) select sync_fence((select count(*) from moved))`,
    values: [
      batch.shardId,
      batch.previousBlock,
      batch.blockNumber,
      batch.blockTime,
      batch.eventId,
      batch.messageCount,
    ],
  };
}

/** Ends the transaction when a shard is not at a block; keeps it there until the end otherwise. */
export const SELECT_BLOCK = `
with standing as (
  select from sync_progress
  where shard_id = $1 and phase = 'realtime' and block_number = $2 for share
) select sync_fence((select count(*) from standing))`;

/** Ends the transaction when a partition of a shard is not done: it was sent to a newer snapshot. */
function expectAllDone(shardId: number): QueryConfig {
  return {
    text: `select sync_fence((not exists (
        select from sync_partitions where shard_id = $1 and status <> 'done'))::int)`,
    values: [shardId],
  };
}

/**
 * Keeps the latest proof of a shard, or ends the transaction when a partition is not done.
 *
 * The shard's row first, as with {@link startRealtime}.
 */
export function recordProof(shardId: number, proof: ShardProof): readonly QueryConfig[] {
  return [keepProof(shardId, proof), expectAllDone(shardId)];
}

function keepProof(shardId: number, proof: ShardProof): QueryConfig {
  return {
    text: `update sync_progress set proof_status = $2, proof_block = $3, proof_root = $4,
        proof_leaf_count = $5, proof_opaque_leaf_count = $6, proof_commits = $7, proved_at = $8
      where shard_id = $1`,
    values: [
      shardId,
      proof.status,
      proof.blockNumber,
      Buffer.from(proof.root),
      proof.leafCount,
      proof.opaqueLeafCount,
      proof.commits,
      proof.provedAt,
    ],
  };
}

/** What was proved of a shard is over. */
const TO_HISTORICAL = `phase = 'historical', updated_at = now(),
  proof_status = null, proof_block = null, proof_root = null, proof_leaf_count = null,
  proof_opaque_leaf_count = null, proof_commits = null, proved_at = null`;

/**
 * Sets a shard to download snapshots, or ends the transaction when it is not at the block that the plan
 * is from.
 */
export function startHistorical({ shardId, fromBlock }: SnapshotPlan): QueryConfig {
  if (fromBlock === undefined) {
    return {
      text: `insert into sync_progress (shard_id, phase) values ($1, 'historical')
        on conflict (shard_id) do update set ${TO_HISTORICAL}`,
      values: [shardId],
    };
  }
  return {
    text: `with started as (
        update sync_progress set ${TO_HISTORICAL}
        where shard_id = $1 and phase = 'realtime' and block_number = $2 returning 1
      ) select sync_fence((select count(*) from started))`,
    values: [shardId, fromBlock],
  };
}

/**
 * Sets a shard to follow blocks after this one, or ends the transaction when a partition is not done,
 * or when it follows blocks already.
 *
 * The shard's row first, as planning does: of two transactions the later one sees what the other did.
 */
export function startRealtime(shardId: number, blockNumber: bigint): readonly QueryConfig[] {
  return [
    {
      text: `with started as (
          insert into sync_progress (shard_id, phase, snapshot_height, block_number)
          values ($1, 'realtime', $2, $2)
          on conflict (shard_id) do update set phase = 'realtime', snapshot_height = $2,
            block_number = $2, updated_at = now()
          where sync_progress.phase <> 'realtime'
          returning 1
        ) select sync_fence((select count(*) from started))`,
      values: [shardId, blockNumber],
    },
    expectAllDone(shardId),
  ];
}

/**
 * Counts a fault and keeps its latest message.
 *
 * Messages are cut at 2,000 characters: a node may answer with anything.
 */
export function countFault(fault: SyncFault): readonly QueryConfig[] {
  const { shardId, virtualShard, code, message, isRetried } = fault;
  return [
    {
      text: `insert into sync_progress (shard_id, phase, error_count, retry_count)
        values ($1, 'historical', 1, $2)
        on conflict (shard_id) do update set error_count = sync_progress.error_count + 1,
          retry_count = sync_progress.retry_count + $2, updated_at = now()`,
      values: [shardId, isRetried ? 1 : 0],
    },
    {
      text: `insert into sync_errors (shard_id, virtual_shard, code, message)
        values ($1, $2, $3, $4)
        on conflict (shard_id, virtual_shard, code) do update set
          occurrences = sync_errors.occurrences + 1, last_at = now(), message = excluded.message`,
      values: [shardId, virtualShard ?? -1, code, message.replaceAll("\0", "").slice(0, 2000)],
    },
  ];
}

const STANDING_COLUMNS = `p.*,
  p.message_count + coalesce(sum(parts.message_count), 0)::bigint as all_messages,
  coalesce(sum(parts.fallback_count), 0)::int as fallback_count`;
const STANDINGS = "sync_progress p left join sync_partitions parts using (shard_id)";

/**
 * Reads one shard, which takes no longer the more there is in it. Without parameters, so that it can
 * be asked of a session in use.
 */
export function selectShard(shardId: number): string {
  return `select ${STANDING_COLUMNS} from ${STANDINGS} where p.shard_id = ${shardId}
    group by p.shard_id`;
}

/** Reads all shards. Without parameters, as above. Looks at every account that is known. */
export const SELECT_SHARDS: string = `
select ${STANDING_COLUMNS},
  (select count(*) from quarantined_messages q
    where q.shard_id = p.shard_id and q.status = 'open')::int as quarantined_count,
  (select count(*) from fids where fids.shard_id = p.shard_id)::int as user_count
from ${STANDINGS} group by p.shard_id order by p.shard_id`;

function toProof(row: QueryResult["rows"][number]): ShardProof | null {
  if (row.proof_status === null) return null;
  return {
    status: row.proof_status,
    blockNumber: row.proof_block,
    root: row.proof_root,
    leafCount: row.proof_leaf_count,
    opaqueLeafCount: row.proof_opaque_leaf_count,
    commits: row.proof_commits,
    provedAt: row.proved_at,
  };
}

function toStanding(row: QueryResult["rows"][number]): ShardStanding {
  return {
    shardId: row.shard_id,
    phase: row.phase,
    snapshotHeight: row.snapshot_height,
    blockNumber: row.block_number,
    blockTime: row.block_time,
    eventId: row.event_id,
    messageCount: row.all_messages,
    errorCount: row.error_count,
    retryCount: row.retry_count,
    fallbackCount: row.fallback_count,
    proof: toProof(row),
  };
}

/** A shard as the contract words it; undefined when there is none. */
export function toShard({ rows: [row] }: QueryResult): ShardStanding | undefined {
  return row && toStanding(row);
}

/** Shards as the contract words them. */
export function toShards({ rows }: QueryResult): readonly ShardProgress[] {
  return rows.map((row) => ({
    ...toStanding(row),
    userCount: row.user_count,
    quarantinedCount: row.quarantined_count,
  }));
}
