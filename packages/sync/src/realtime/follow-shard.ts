import { lastPositionOf } from "@snaprag/processors";
import type { BlockBatch } from "@snaprag/storage";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import { batchByTime } from "./batch-blocks.ts";
import { processBlock } from "./process-block.ts";
import { readBlocks } from "./read-blocks.ts";
import type { ShardBlock } from "./shard-block.ts";
import type { Watermarks } from "./watermarks.ts";
import { createWatermarks } from "./watermarks.ts";

/** Smallest batch while behind: large enough that a transaction's own cost does not count. */
const CATCH_UP_EVENTS = 2000;

/** One shard being followed. */
interface Following {
  readonly run: SyncRun;
  readonly shardId: number;
  readonly watermarks: Watermarks;
  readonly onProgress: () => void;
}

async function* weighBlocks(blocks: AsyncIterable<ShardBlock>) {
  for await (const block of blocks) yield { item: block, weight: block.events.length };
}

function toBatch(
  { run, shardId, watermarks }: Following,
  blocks: readonly ShardBlock[],
  previousBlock: bigint,
): BlockBatch | undefined {
  const last = blocks.at(-1);
  if (last === undefined) return undefined;
  const context = processContextOf(run, shardId);
  const processed = blocks.map((block) => {
    const { changes, quarantined } = processBlock(block, context, run.blake3);
    return { changes: watermarks.withoutContained(changes, block.blockNumber), quarantined };
  });
  const changes = processed.flatMap((block) => block.changes);
  return {
    shardId,
    previousBlock,
    blockNumber: last.blockNumber,
    blockTime: last.at,
    eventId: last.events.at(-1)?.id ?? lastPositionOf(last.blockNumber),
    changes,
    messageCount: changes.filter(({ kind }) => kind === "merge").length,
    quarantined: processed.flatMap((block) => block.quarantined),
  };
}

async function applyBatch(following: Following, batch: BlockBatch): Promise<void> {
  const { run, shardId, onProgress } = following;
  await run.store.applyBlocks(batch);
  const activity = run.activity.of(shardId);
  activity.blockNumber = batch.blockNumber;
  activity.blockTime = batch.blockTime;
  activity.messageCount += batch.messageCount;
  onProgress();
}

/** Knows whether the node's newest block, as seen once, has been applied. */
function createTip(run: SyncRun, shardId: number) {
  const activity = run.activity.of(shardId);
  let tip: bigint | undefined;
  function check(): void {
    if (tip === undefined || activity.isCaughtUp || activity.blockNumber < tip) return;
    activity.isCaughtUp = true;
    run.onCaughtUp();
  }
  return {
    check,
    isKnown: () => tip !== undefined,
    set(blockNumber: bigint) {
      tip = blockNumber;
      check();
    },
  };
}

/**
 * Follows a data shard from where the store stands, in whole blocks. Ends only by abort or failure.
 *
 * `onProgress` is called after every batch that was committed.
 */
export async function followShard(
  run: SyncRun,
  shardId: number,
  onProgress: () => void,
): Promise<void> {
  const { store, client, signal, options } = run;
  const progress = (await store.listShards()).find((shard) => shard.shardId === shardId);
  const watermarks = createWatermarks(await store.listPartitions(shardId));
  const following: Following = { run, shardId, watermarks, onProgress };
  let previousBlock = progress?.blockNumber ?? 0n;
  run.activity.of(shardId).blockNumber = previousBlock;

  const tip = createTip(run, shardId);
  const firstBlock = previousBlock + 1n;
  const openBlocks = (leaving: AbortSignal) =>
    weighBlocks(readBlocks({ client, shardId, firstBlock, signal: leaving, onTip: tip.set }));
  const limits = {
    minWeight: () => (tip.isKnown() ? options.batchSize : CATCH_UP_EVENTS),
    maxWaitMs: options.syncIntervalMs,
  };
  for await (const group of batchByTime(openBlocks, limits, signal)) {
    const batch = toBatch(following, group, previousBlock);
    if (batch === undefined) continue;
    await applyBatch(following, batch);
    previousBlock = batch.blockNumber;
    tip.check();
  }
}
