import type { Clock } from "@snaprag/client";
import type { BlockBatch } from "@snaprag/storage";
import type { Backlog } from "../proof/live/backlog.ts";
import { createLiveProof } from "../proof/live/live-proof.ts";
import { readingOf } from "../proof/node/reading-of.ts";
import { expectStoredBefore } from "../run/end/expect-ahead.ts";
import { followSignals } from "../run/follow-signals.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { countAsBehind } from "../run/sync-run.ts";
import { batchByTime } from "./batch-blocks.ts";
import { followBlocks, toBatch } from "./follow-blocks.ts";
import { createWatermarks } from "./watermarks.ts";

/** Smallest batch while behind: large enough that a transaction's own cost does not count. */
const CATCH_UP_EVENTS = 2000;
/** Largest batch that is collected while the one before is written, by what memory it takes. */
const MOST_EVENTS = 4000;

async function applyBatch(run: SyncRun, batch: BlockBatch): Promise<void> {
  const { shardId, blockNumber, messageCount } = batch;
  const write = { shardId, blockNumber, messageCount };
  await run.slowWrites.watch(write, () => run.store.applyBlocks(batch));
  const activity = run.activity.of(shardId);
  activity.blockNumber = blockNumber;
  activity.blockTime = batch.blockTime;
  activity.messageCount += messageCount;
}

/** How long writing takes, so that what waits an interval is there by its end. */
function createWriteTime(clock: Clock) {
  let usualMs = 0;
  return {
    async measure(write: () => Promise<void>): Promise<void> {
      const startedAt = clock.elapsed();
      await write();
      usualMs += (clock.elapsed() - startedAt - usualMs) / 8;
    },
    /** The part of an interval that is waited; at least half, however slow the database is. */
    waitFor: (intervalMs: number) => Math.max(intervalMs / 2, intervalMs - usualMs),
  };
}

/**
 * Knows whether the node's newest block, as seen once, has been applied. The shard has caught up when
 * what it touched is proved, too.
 */
function createTip(run: SyncRun, shardId: number, isProving: () => boolean) {
  const activity = run.activity.of(shardId);
  let tip: bigint | undefined;
  const behind = countAsBehind(run, shardId);
  const isApplied = () => tip !== undefined && activity.blockNumber >= tip;
  function check(): void {
    if (isApplied()) behind[Symbol.dispose]();
    if (!isApplied() || isProving() || activity.isCaughtUp) return;
    activity.isCaughtUp = true;
    run.onCaughtUp();
  }
  return {
    check,
    isApplied,
    isKnown: () => tip !== undefined,
    [Symbol.dispose]: () => behind[Symbol.dispose](),
    is: (blockNumber: bigint) => blockNumber === tip,
    set(blockNumber: bigint) {
      tip = blockNumber;
      check();
    },
  };
}

/**
 * Follows a data shard from where the store stands, in whole blocks. Ends by abort or failure, or where the
 * run ends.
 *
 * `onProgress` is called after every batch that was committed. What is still to be proved when it ends is in
 * the backlog.
 */
export async function followShard(
  run: SyncRun,
  { shardId, backlog }: { readonly shardId: number; readonly backlog: Backlog },
  onProgress: () => void,
): Promise<void> {
  const { store, options } = run;
  const progress = await store.findShard(shardId);
  const partitions = await store.listPartitions(shardId);
  const watermarks = createWatermarks(partitions);
  let previousBlock = progress?.blockNumber ?? 0n;
  const activity = run.activity.of(shardId);
  activity.blockNumber = previousBlock;
  activity.blockTime = progress?.blockTime ?? undefined;

  // The whole way from here on is this node's: it ends by a failure before another one is read.
  const client = run.nodes.of(shardId);
  if (progress)
    await expectStoredBefore(run.end, { client, shardId, signal: run.signal }, progress);
  if (run.end.isLast(shardId, previousBlock)) return;
  const failing = new AbortController();
  await using liveProof = createLiveProof({
    ...{ run, shardId, backlog, isWhole: partitions.length > 0 },
    reading: readingOf(run, client),
    isAtTip: () => tip.isApplied(),
    onProved: () => tip.check(),
    onFailure: (error) => failing.abort(error),
  });
  using tip = createTip(run, shardId, liveProof.isBeginning);
  const writing = createWriteTime(options.clock);
  const limits = {
    minWeight: () => (tip.isKnown() ? options.batchSize : CATCH_UP_EVENTS),
    maxWeight: () => MOST_EVENTS,
    maxWaitMs: () => writing.waitFor(options.syncIntervalMs),
    clock: options.clock,
  };
  const place = { client, shardId, firstBlock: previousBlock + 1n, onTip: tip.set };
  const openBlocks = (leaving: AbortSignal) =>
    followBlocks({ run, watermarks, source: { ...place, signal: leaving }, isTip: tip.is });
  // While a batch is written, the next one is read and processed. It is written when that is done,
  // and never after one that failed.
  using ending = followSignals([run.signal, failing.signal]);
  for await (const blocks of batchByTime(openBlocks, limits, ending.signal)) {
    const batch = toBatch(blocks, { shardId, previousBlock });
    await writing.measure(() => applyBatch(run, batch));
    onProgress();
    liveProof.afterBatch(batch);
    previousBlock = batch.blockNumber;
    tip.check();
  }
}
