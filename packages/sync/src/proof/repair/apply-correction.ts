// A correction written beside a sync that may be writing too.
import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { SyncError } from "../../errors.ts";
import { expectReached } from "../../run/expect-reached.ts";
import { listTouched } from "../node/list-touched.ts";
import type { NodeReading } from "../node/node-reading.ts";
import type { AccountDifference } from "../rows/examine-account.ts";
import type { Moment } from "./correct-account.ts";
import { correct } from "./correct-account.ts";

/** Tries to get between two batches of a sync that is writing, and the wait between them. */
const MOST_TRIES = 10;
const PAUSE_MS = 50;

async function findMoment(store: Store, shardId: number): Promise<Moment | undefined> {
  const shard = await store.findShard(shardId);
  return shard && { shardId, blockNumber: shard.blockNumber, at: shard.blockTime ?? new Date() };
}

/** Whether blocks that a store has applied since an account was compared may have changed it. */
async function mayHaveChanged(
  reading: NodeReading,
  { fid, comparedAt }: AccountDifference,
  { here, blocks }: { readonly here: Moment; readonly blocks: Moment | undefined },
): Promise<boolean> {
  const { blockNumber, keyBlockNumber } = comparedAt;
  if (here.blockNumber === blockNumber && blocks?.blockNumber === keyBlockNumber) return false;
  const { client, signal } = reading;
  await expectReached(client, { ...here, height: here.blockNumber }, signal);
  if (blocks) await expectReached(client, { ...blocks, height: blocks.blockNumber }, signal);
  return (await listTouched(reading, comparedAt)).has(fid);
}

function isPassing(error: unknown): boolean {
  if (error instanceof StorageError) return error.code === "fenced" || error.retryable;
  // It may have told of a block that it is about to write.
  return error instanceof SyncError && error.code === "node_behind";
}

/**
 * Writes what puts an account right, at the block that the store has come to: `changed` when it may not be
 * so any more, `nothing` when there is nothing to write.
 */
export async function applyCorrection(
  store: Store,
  reading: NodeReading,
  difference: AccountDifference,
): Promise<"written" | "nothing" | "changed"> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const here = await findMoment(store, difference.shardId);
    const blocks = await findMoment(store, 0);
    if (here === undefined) return "nothing";
    try {
      if (await mayHaveChanged(reading, difference, { here, blocks })) return "changed";
      const batches = correct(reading, difference, { here, blocks });
      for (const batch of batches) await store.repairRows(batch);
      return batches.length > 0 ? "written" : "nothing";
    } catch (error) {
      if (!isPassing(error)) throw error;
      await delay(PAUSE_MS, undefined, { signal: reading.signal });
    }
  }
  return "changed";
}
