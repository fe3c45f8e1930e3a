// Everything again from a snapshot: for a gap that blocks do not close.
import type { SyncRun } from "../../sync-run.ts";

/** Has all partitions of a shard listed again, from the newest snapshot, where it stands before a gap. */
export async function startOver(
  { store, logger }: SyncRun,
  shardId: number,
  fromBlock: bigint,
): Promise<void> {
  logger.warn({ shardId, blockNumber: fromBlock }, "reading all of a snapshot again");
  const virtualShards = (await store.listPartitions(shardId)).map((each) => each.virtualShard);
  // Height 0 is no snapshot's: planning finds that the node does not serve it and takes the newest.
  await store.planSnapshot({ shardId, height: 0n, virtualShards, fromBlock });
}
