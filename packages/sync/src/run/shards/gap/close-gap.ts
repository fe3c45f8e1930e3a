// Blocks whose events are gone from the node before they were read: what is done so that nothing of them is missed.
import { NodeClientError } from "@snaprag/client";
import { lastPositionOf } from "@snaprag/processors";
import type { ShardStanding } from "@snaprag/storage";
import { isSilent, SyncError } from "../../../errors.ts";
import { getNewestSnapshot } from "../../../historical/plan/snapshot-book.ts";
import { readingOf } from "../../../proof/node/reading-of.ts";
import { expectStartBefore, noteReadByCalls } from "../../end/expect-ahead.ts";
import type { SyncRun } from "../../sync-run.ts";
import type { Gap, GapEnd } from "./read-gap.ts";
import { readGap } from "./read-gap.ts";
import { startOver } from "./start-over.ts";
import { takeOverAccounts } from "./take-over-accounts.ts";
import { takeOverNames } from "./take-over-names.ts";

/** How often in a row a gap may fail to be closed by its blocks before all of a snapshot is read. */
const MOST_FAILURES = 3;

/**
 * The block that a gap ends with: the newest snapshot's, of which the node must still have the events after it.
 *
 * @throws {SyncError} `no_snapshot` when it has not, `end_passed` when the snapshot is past the end of the run
 */
async function findEnd(run: SyncRun, shardId: number, cause: SyncError): Promise<GapEnd> {
  const { height, at } = await getNewestSnapshot(run, shardId);
  const what = "of which there is a snapshot, and events of none before";
  expectStartBefore(run.end, shardId, { blockNumber: height, at, what });
  if (height + 1n >= (cause.firstBlock ?? 0n)) return { lastBlock: height, at };
  throw new SyncError(
    "no_snapshot",
    `The node's newest snapshot of shard ${shardId}, of block ${height}, is older than the events it has, from block ${cause.firstBlock} on`,
    { shardId, cause },
  );
}

/**
 * Whether rows can be made right account by account. Not in a shard that begins in the middle, whose accounts
 * lack what came before; nor where nobody would prove all rows afterwards.
 */
async function canTakeOver({ store, options }: SyncRun, shardId: number): Promise<boolean> {
  if (options.verification === "none" || options.proofInterval === 0) return false;
  return (await store.listPartitions(shardId)).length > 0;
}

/** Who the blocks of a gap are about; undefined when the node does not have them. */
async function findGap(run: SyncRun, { shardId, blockNumber }: ShardStanding, end: GapEnd) {
  const reading = readingOf(run, run.nodes.of(shardId));
  try {
    const gap = await readGap(reading, { shardId, firstBlock: blockNumber + 1n, ...end });
    return gap && { reading, gap };
  } catch (error) {
    const hasNoBlocks = error instanceof NodeClientError && error.code === "unimplemented";
    if (!hasNoBlocks) throw error;
    return undefined;
  }
}

/** Goes on behind a gap, as its accounts are what they were at its end. */
async function moveBehind({ store }: SyncRun, standing: ShardStanding, gap: Gap): Promise<void> {
  const { shardId, blockNumber: previousBlock, proof } = standing;
  // All rows are proved once more beside following: blocks may change accounts that they do not name.
  const isProved = proof?.status === "proved";
  if (isProved) await store.recordProof(shardId, { ...proof, status: "unproved" });
  await store.applyBlocks({
    ...{ shardId, previousBlock, blockNumber: gap.lastBlock, blockTime: gap.at },
    eventId: lastPositionOf(gap.lastBlock),
    ...{ changes: [], messageCount: 0, quarantined: [] },
  });
}

/** Closes a gap by the blocks that the events were of. Returns whether that was possible. */
async function closeByBlocks(run: SyncRun, standing: ShardStanding, end: GapEnd): Promise<boolean> {
  const { shardId } = standing;
  const found = await findGap(run, standing, end);
  if (found === undefined) return false;
  const { reading, gap } = found;
  const logger = run.logger.child({ shardId, firstBlock: standing.blockNumber + 1n, ...end });
  logger.info({ accounts: gap.fids.size }, "reading the accounts that blocks name");
  const takeOver = { run, reading, standing, gap };
  const left = await takeOverAccounts(takeOver);
  if (left.length > 0) {
    logger.warn({ accounts: left.length, fids: left.slice(0, 10) }, "the node does not give all");
    return false;
  }
  await takeOverNames(takeOver);
  // Before the shard moves: whoever comes after a failure would not know of it.
  await noteReadByCalls(run.end, { client: reading.client, shardId, signal: run.signal });
  await moveBehind(run, standing, gap);
  logger.info({ accounts: gap.fids.size }, "gap closed");
  return true;
}

/** Makes up for events that a shard's node lost before they were read. */
export interface GapCloser {
  /** @throws {SyncError} `no_snapshot`, `end_passed` */
  close(cause: SyncError): Promise<void>;
}

/**
 * Creates what closes the gaps of one shard.
 *
 * The blocks that the events were of are kept for longer, and name the accounts that they changed: those are read
 * again up to the newest snapshot's block, and events from there on. Where that cannot be done, or
 * fails time after time, everything is listed again from the snapshot.
 */
export function createGapCloser(run: SyncRun, shardId: number): GapCloser {
  let failureCount = 0;

  async function tryByBlocks(fromBlock: bigint, end: GapEnd): Promise<boolean> {
    if (failureCount >= MOST_FAILURES || !(await canTakeOver(run, shardId))) return false;
    const standing = await run.store.findShard(shardId);
    // Another process is further; the next try begins there.
    if (standing?.phase !== "realtime" || standing.blockNumber !== fromBlock) return true;
    try {
      return await closeByBlocks(run, standing, end);
    } catch (error) {
      // A node that is down gives no snapshot either.
      if (!run.signal.aborted && !isSilent(error)) failureCount += 1;
      throw error;
    }
  }

  return {
    async close(cause) {
      const end = await findEnd(run, shardId, cause);
      run.logger.warn({ shardId, err: cause }, "events are gone from the node");
      const fromBlock = run.activity.of(shardId).blockNumber;
      if (!(await tryByBlocks(fromBlock, end))) await startOver(run, shardId, fromBlock);
      failureCount = 0;
    },
  };
}
