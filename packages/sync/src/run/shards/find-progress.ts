import type { ShardStanding } from "@snaprag/storage";
import type { SyncRun } from "../sync-run.ts";

/** How far a shard has come, as committed; undefined for one that was never started. */
export function findProgress(
  { store }: Pick<SyncRun, "store">,
  shardId: number,
): Promise<ShardStanding | undefined> {
  return store.findShard(shardId);
}
