import { setTimeout as delay } from "node:timers/promises";
import type { SyncRun } from "../sync-run.ts";

/** How long the others are waited for, in milliseconds: some seconds pass between shards of a like size. */
const LONGEST_WAIT_MS = 10_000;

/** How often it is seen whether they are done, in milliseconds. */
const OTHERS_MS = 100;

/** Whether a download of another shard has begun and not ended, whoever does it. */
async function areOthersLoading({ store, network }: SyncRun, shardId: number): Promise<boolean> {
  for (let other = 1; other <= network.shardCount; other++) {
    if (other === shardId) continue;
    const partitions = await store.listPartitions(other);
    if (partitions.some(({ status }) => status !== "done")) return true;
  }
  return false;
}

/**
 * Waits for the downloads of other shards, if they are nearly over: what a store has put off until a shard
 * follows blocks keeps others from writing while it is made up for.
 */
export async function awaitOthers(run: SyncRun, shardId: number): Promise<void> {
  const { signal } = run;
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (Date.now() < deadline && (await areOthersLoading(run, shardId))) {
    await delay(OTHERS_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
