import type { BlockBatch } from "@snaprag/storage";
import { moveShard } from "../progress/shards.ts";
import type { BatchPlan } from "./batch-plan.ts";
import { deriveTouched, recordAccounts, selectTouched } from "./derived/derive.ts";
import { foldByTable } from "./rows/folded-rows.ts";
import { writeSweeps } from "./rows/sweeps.ts";
import { writeLeaves } from "./rows/write-leaves.ts";
import { writeRows } from "./rows/write-rows.ts";

/** The statements of a block batch's transaction. */
export function planBlocks(batch: BlockBatch): BatchPlan {
  const { shardId, quarantined, blockTime: at } = batch;
  return {
    shardId,
    at,
    listChanges: () => batch.changes,
    quarantined,
    fence: moveShard(batch),
    writeRows: (written) => [...writeRows(foldByTable(written), "join"), ...writeSweeps(written)],
    // Shard 0 is home to no account: keys it brings belong to accounts of the data shards.
    settle: (written) => [
      ...(shardId === 0 ? [] : recordAccounts(written, shardId)),
      ...writeLeaves(batch.leaves ?? []),
    ],
    derive: deriveTouched,
    derivedFids: selectTouched,
  };
}
