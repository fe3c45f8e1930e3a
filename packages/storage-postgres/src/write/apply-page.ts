import { lastPositionOf } from "@snaprag/processors";
import type { PageBatch } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import { movePartition } from "../progress/partitions.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";
import { derivePartition, recordAccounts } from "./derive.ts";
import { groupByTable } from "./folded-rows.ts";
import { writeQuarantine } from "./quarantine.ts";
import { writeRows } from "./write-rows.ts";

/** Relations whose rows no snapshot page lists, so that not being listed says nothing. */
const NEVER_LISTED: ReadonlySet<string> = new Set([
  "frame_actions",
  "signer_keys",
  "signer_key_removes",
  "onchain_events",
]);

/** Retires live rows of the partition's accounts that the snapshot did not list. */
function retireUnlisted({ shardId, virtualShard, height, at }: PageBatch): readonly QueryConfig[] {
  return TABLE_NAMES.filter((table) => !NEVER_LISTED.has(table)).map((table) => ({
    name: `unlisted_${table}`,
    text: `update ${table}
      set deleted_event_id = $3, deleted_at = $4, deleted_reason = 'unlisted'
      from fids
      where fids.shard_id = $1 and fids.virtual_shard = $2 and ${table}.fid = fids.fid
        and deleted_at is null and event_id < $3
        ${table === "fname_transfers" ? "and fids.fid <> 0" : ""}`,
    values: [shardId, virtualShard, lastPositionOf(height), at],
  }));
}

/** The statements of a page's transaction. The fence comes first, so that nothing is in vain. */
export function pageStatements(page: PageBatch): readonly QueryConfig[] {
  const { shardId, virtualShard, isLast, isRelisted } = page;
  return [
    movePartition(page),
    ...writeRows(groupByTable(page.changes), isRelisted ? "join" : "insert"),
    ...recordAccounts(page.changes, shardId),
    ...(isLast && isRelisted ? retireUnlisted(page) : []),
    ...(isLast ? derivePartition(shardId, virtualShard) : []),
    ...writeQuarantine(page.quarantined),
  ];
}
