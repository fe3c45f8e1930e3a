import { sleep } from "@snaprag/client";
import type { SyncRun } from "../sync-run.ts";

/** How long the others are waited for, in milliseconds: some seconds pass between shards of a like size. */
const LONGEST_WAIT_MS = 10_000;

/** How often it is seen whether they are done, in milliseconds. */
const OTHERS_MS = 100;

/** Whether a shard is being downloaded, whoever does it; or is to be, as this run mirrors it. */
async function isLoading({ store, shardIds }: SyncRun, shardId: number): Promise<boolean> {
  const partitions = await store.listPartitions(shardId);
  if (partitions.some(({ status }) => status !== "done")) return true;
  if (partitions.length > 0 || !shardIds.includes(shardId)) return false;
  return (await store.findShard(shardId))?.phase !== "realtime";
}

/** Whether another shard is. */
async function areOthersLoading(run: SyncRun, shardId: number): Promise<boolean> {
  for (let other = 1; other <= run.network.shardCount; other++) {
    if (other !== shardId && (await isLoading(run, other))) return true;
  }
  return false;
}

/**
 * Waits some seconds for the downloads of other shards, also for one that has yet to begin: what a store
 * has put off until a shard follows blocks keeps others from writing while it is made up for.
 */
export async function awaitOthers(run: SyncRun, shardId: number): Promise<void> {
  const { signal } = run;
  const { clock } = run.options;
  const deadline = clock.elapsed() + LONGEST_WAIT_MS;
  while (clock.elapsed() < deadline && (await areOthersLoading(run, shardId))) {
    await sleep(OTHERS_MS, signal, clock);
  }
}
