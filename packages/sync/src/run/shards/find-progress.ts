import type { ShardProgress } from "@snaprag/storage";
import type { SyncRun } from "../sync-run.ts";

/** How far a shard has come, as committed; undefined for one that was never started. */
export async function findProgress(
  { store }: Pick<SyncRun, "store">,
  shardId: number,
): Promise<ShardProgress | undefined> {
  return (await store.listShards()).find((shard) => shard.shardId === shardId);
}
