// A correction written beside a sync that may be writing too.
import { sleep, systemClock } from "@snaprag/client";
import type { ShardStanding, Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { SyncError } from "../../errors.ts";
import { expectReached } from "../../run/nodes/expect-reached.ts";
import { findKeyShard, listTouched } from "../node/list-touched.ts";
import type { NodeReading } from "../node/node-reading.ts";
import type { AccountDifference } from "../rows/suspects/examine-account.ts";
import type { Moment } from "./correct-account.ts";
import { correct } from "./correct-account.ts";

/** Tries to get between two batches of a sync that is writing, and the wait between them. */
const MOST_TRIES = 10;
const PAUSE_MS = 50;

function momentOf(
  shard: ShardStanding | undefined,
  { clock = systemClock }: NodeReading,
): Moment | undefined {
  if (shard === undefined) return undefined;
  const { shardId, blockNumber, blockTime } = shard;
  return { shardId, blockNumber, at: blockTime ?? new Date(clock.now()) };
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

/** Whether the store takes no such row: then it was set aside when it came, and is still not what the node has. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  return error.code === "constraint" || error.code === "invalid_data";
}

function isPassing(error: unknown): boolean {
  if (error instanceof StorageError) return error.code === "fenced" || error.retryable;
  // It may have told of a block that it is about to write.
  return error instanceof SyncError && error.code === "node_behind";
}

type Outcome = "written" | "nothing" | "changed";

async function tryToCorrect(
  store: Store,
  reading: NodeReading,
  difference: AccountDifference,
): Promise<Outcome> {
  const here = momentOf(await store.findShard(difference.shardId), reading);
  const blocks = momentOf(await findKeyShard(store), reading);
  if (here === undefined) return "nothing";
  if (await mayHaveChanged(reading, difference, { here, blocks })) return "changed";
  const batches = correct(reading, difference, { here, blocks });
  for (const batch of batches) await store.repairRows(batch);
  return batches.length > 0 ? "written" : "nothing";
}

/**
 * Writes what puts an account right, at the block that the store has come to: `changed` when it may not be
 * so any more, `nothing` when there is nothing to write, or nothing that the store takes.
 */
export async function applyCorrection(
  store: Store,
  reading: NodeReading,
  difference: AccountDifference,
): Promise<Outcome> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    try {
      return await tryToCorrect(store, reading, difference);
    } catch (error) {
      if (isRefusal(error)) return "nothing";
      if (!isPassing(error)) throw error;
      await sleep(PAUSE_MS, reading.signal, reading.clock);
    }
  }
  return "changed";
}
