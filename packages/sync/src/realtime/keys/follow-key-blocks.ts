import { setTimeout as delay } from "node:timers/promises";
import { lastPositionOf } from "@snaprag/processors";
import type { Block } from "@snaprag/proto";
import type { SyncRun } from "../../run/sync-run.ts";
import { processContextOf } from "../../run/sync-run.ts";
import { batchByTime } from "../batch-blocks.ts";
import { blockNumberOf, blockTimeOf, processKeyBlock } from "./process-key-block.ts";

/** Blocks written in one transaction while behind. Few hold a key. */
const BATCH_BLOCKS = 1000;

async function* weighBlocks(blocks: AsyncIterable<Block>) {
  for await (const block of blocks) yield { item: block, weight: 1 };
}

async function applyBatch(
  run: SyncRun,
  blocks: readonly Block[],
  previousBlock: bigint,
): Promise<bigint> {
  const last = blocks.at(-1);
  const blockNumber = last && blockNumberOf(last);
  if (last === undefined || blockNumber === undefined) return previousBlock;
  const context = processContextOf(run, 0);
  const processed = blocks.map((block) => processKeyBlock(block, context, run.blake3));
  const changes = processed.flatMap((block) => block.changes);
  const messageCount = changes.filter(({ kind }) => kind === "merge").length;
  const blockTime = blockTimeOf(last);
  await run.store.applyBlocks({
    shardId: 0,
    previousBlock,
    blockNumber,
    blockTime,
    eventId: lastPositionOf(blockNumber),
    changes,
    messageCount,
    quarantined: processed.flatMap((block) => block.quarantined),
  });
  const activity = run.activity.of(0);
  activity.blockNumber = blockNumber;
  activity.blockTime = blockTime;
  activity.messageCount += messageCount;
  return blockNumber;
}

/** The node leaves out blocks it has pruned; keys in them are not to be had from it. */
function warnOfHole(run: SyncRun, expected: bigint, blocks: readonly Block[]): void {
  let next = expected;
  for (const block of blocks) {
    const blockNumber = blockNumberOf(block) ?? next;
    if (blockNumber > next) {
      run.logger.warn({ shardId: 0, from: next, to: blockNumber - 1n }, "node has pruned blocks");
    }
    next = blockNumber + 1n;
  }
}

/**
 * Follows shard 0 from where the store stands, for its gasless keys. Ends by abort or failure, and
 * at the node's newest block in a sync that is historical only.
 *
 * Its block stream ends at the node's newest block and is not live (docs/protocol.md 8.2), so it is
 * asked again after every `syncIntervalMs`.
 */
export async function followKeyBlocks(run: SyncRun, onProgress: () => void): Promise<void> {
  const { store, client, signal, options } = run;
  const activity = run.activity.of(0);
  const progress = (await store.listShards()).find(({ shardId }) => shardId === 0);
  let previousBlock = progress?.blockNumber ?? 0n;
  activity.blockNumber = previousBlock;
  const limits = { minWeight: () => BATCH_BLOCKS, maxWaitMs: options.syncIntervalMs };
  while (true) {
    const startBlock = previousBlock + 1n;
    const openBlocks = (leaving: AbortSignal) =>
      weighBlocks(client.readBlocks({ startBlock }, { signal: leaving }));
    for await (const batch of batchByTime(openBlocks, limits, signal)) {
      warnOfHole(run, previousBlock + 1n, batch);
      previousBlock = await applyBatch(run, batch, previousBlock);
      onProgress();
    }
    if (!activity.isCaughtUp) {
      activity.isCaughtUp = true;
      run.onCaughtUp();
    }
    if (options.mode === "historical") return;
    await delay(options.syncIntervalMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
