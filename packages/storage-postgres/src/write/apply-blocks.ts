import type { BlockBatch } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import { moveShard } from "../progress/shards.ts";
import { deriveTouched, recordAccounts } from "./derive.ts";
import { foldByTable } from "./folded-rows.ts";
import { writeQuarantine } from "./quarantine.ts";
import { writeSweeps } from "./sweeps.ts";
import { writeRows } from "./write-rows.ts";

/**
 * The statements of a block batch's transaction: the fence, rows, then the sweeps that look at
 * them, then what is derived.
 */
export function blockStatements(batch: BlockBatch): readonly QueryConfig[] {
  const { changes, shardId } = batch;
  return [
    moveShard(batch),
    ...writeRows(foldByTable(changes), "join"),
    ...writeSweeps(changes),
    // Shard 0 is home to no account: keys it brings belong to accounts of the data shards.
    ...(shardId === 0 ? [] : recordAccounts(changes, shardId)),
    ...deriveTouched(changes),
    ...writeQuarantine(batch.quarantined),
  ];
}
