import { lastPositionOf } from "@snaprag/processors";
import type { PageBatch } from "@snaprag/storage";
import { NEVER_LISTED } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import type { Backend } from "../connection/connections.ts";
import { movePartition } from "../progress/partitions.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";
import type { BatchPlan } from "./batch-plan.ts";
import { derivePartition, recordAccounts, selectPartition } from "./derived/derive.ts";
import { foldByTable, groupByTable } from "./rows/folded-rows.ts";
import { loadRows } from "./rows/load-rows.ts";
import { removeUnlistedLeaves, writeLeaves } from "./rows/write-leaves.ts";
import { writeRows } from "./rows/write-rows.ts";

/** Which accounts to look at, as a join with `fids`, and its parameters after the first two. */
interface ListedAccounts {
  readonly condition: string;
  readonly values: readonly unknown[];
}

/** A snapshot's position and the time of its block. */
interface SnapshotPosition {
  readonly height: bigint;
  readonly at: Date;
}

/**
 * Retires live rows of accounts that stand before a snapshot, because it did not list them. Planned each time, as
 * what is derived is.
 */
function retireUnlisted(
  { height, at }: SnapshotPosition,
  { condition, values }: ListedAccounts,
): readonly QueryConfig[] {
  return TABLE_NAMES.filter((table) => !NEVER_LISTED.has(table)).map((table) => ({
    text: `update ${table}
      set deleted_event_id = $1, deleted_at = $2, deleted_reason = 'unlisted'
      from fids
      where ${condition} and ${table}.fid = fids.fid
        and deleted_at is null and event_id < $1
        ${table === "fname_transfers" ? "and fids.fid <> 0" : ""}`,
    values: [lastPositionOf(height), at, ...values],
  }));
}

/** As {@link retireUnlisted}, for all accounts of a partition. */
function retireUnlistedOfPartition(page: PageBatch): readonly QueryConfig[] {
  return retireUnlisted(page, {
    condition: "fids.shard_id = $3 and fids.virtual_shard = $4",
    values: [page.shardId, page.virtualShard],
  });
}

/** As {@link retireUnlisted}, for one account. */
export function retireUnlistedOfAccount(
  snapshot: SnapshotPosition,
  fid: bigint,
): readonly QueryConfig[] {
  const values = [BigInt.asIntN(64, fid)];
  return retireUnlisted(snapshot, { condition: "fids.fid = $3", values });
}

/** The statements of a page's transaction, for what is at the other end. */
export function planPage(page: PageBatch, backend: Backend): BatchPlan {
  const { shardId, virtualShard, at, isLast, isRelisted, quarantined } = page;
  const mode = isRelisted ? "join" : "insert";
  return {
    shardId,
    at,
    listChanges: () => page.changes,
    quarantined,
    fence: movePartition(page),
    // Rows that are joined may be named once in a statement, whatever a node lists twice.
    writeRows: (written) =>
      writeRows(isRelisted ? foldByTable(written) : groupByTable(written), mode),
    loadRows: !isRelisted ? (written) => loadRows(written, backend) : undefined,
    settle: (written) => [
      ...recordAccounts(written, shardId),
      ...writeLeaves(page.leaves ?? []),
      ...(isLast && isRelisted
        ? [...retireUnlistedOfPartition(page), removeUnlistedLeaves(page)]
        : []),
    ],
    derive: () => (isLast ? derivePartition(shardId, virtualShard) : []),
    derivedFids: () => selectPartition(shardId, virtualShard),
  };
}
