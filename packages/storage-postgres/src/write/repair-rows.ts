// Rows made what a node was seen to have, whatever was done to them.
import type { RepairBatch } from "@snaprag/storage";
import type { PoolClient } from "pg";
import { SELECT_BLOCK } from "../progress/shards.ts";
import { deriveAccounts, recordAccounts } from "./derived/derive.ts";
import { runAll } from "./quarantine/attempt.ts";
import { foldByTable } from "./rows/folded-rows.ts";
import { writeLeaves } from "./rows/write-leaves.ts";
import { writeRows } from "./rows/write-rows.ts";

/** Writes a repair in the transaction of a client, as the contract says. */
export async function repairRows(client: PoolClient, batch: RepairBatch): Promise<void> {
  const { shardId, blockNumber, changes, leaves } = batch;
  await client.query(SELECT_BLOCK, [shardId, blockNumber]);
  await runAll(client, [...writeRows(foldByTable(changes), "replace"), ...writeLeaves(leaves)]);
  const fids = [...new Set(changes.map(({ row }) => row.fid))];
  if (shardId !== 0) await runAll(client, recordAccounts(changes, shardId));
  if (fids.length > 0) await runAll(client, deriveAccounts(fids));
}
