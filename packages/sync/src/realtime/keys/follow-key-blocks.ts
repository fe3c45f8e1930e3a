import type { NodeClient } from "@snaprag/client";
import { sleep } from "@snaprag/client";
import { lastPositionOf } from "@snaprag/processors";
import type { Block } from "@snaprag/proto";
import type { BlockBatch } from "@snaprag/storage";
import { SyncError } from "../../errors.ts";
import { expectStoredBefore } from "../../run/end/expect-ahead.ts";
import { processSurely } from "../../run/quarantine/process-surely.ts";
import type { SyncRun } from "../../run/sync-run.ts";
import { countAsBehind, processContextOf } from "../../run/sync-run.ts";
import type { Weighed } from "../batch-blocks.ts";
import { batchByTime } from "../batch-blocks.ts";
import type { ProcessedKeyBlock } from "./process-key-block.ts";
import {
  blockNumberOf,
  blockTimeOf,
  listKeyMessages,
  processKeyBlock,
} from "./process-key-block.ts";
import type { KeyBlockSource } from "./read-key-blocks.ts";
import { readKeyBlocks } from "./read-key-blocks.ts";

/** Blocks written in one transaction while behind. Few hold a key. */
const BATCH_BLOCKS = 1000;

/** Blocks come about once a second: what data shards take for silence, too (docs/protocol.md 1.3). */
const SILENT_MS = 15_000;

/** Reads one block again, which the node may have pruned since. */
async function readKeyBlock({ nodes, signal }: SyncRun, block: Block): Promise<Block> {
  const startBlock = blockNumberOf(block) ?? 0n;
  const range = { startBlock, stopBlock: startBlock + 1n };
  for await (const again of nodes.of(0).readBlocks(range, { signal })) return again;
  return block;
}

/** What a block changes, and where it stands. The block itself, all of shard 0, is not kept. */
interface FollowedKeyBlock extends Pick<ProcessedKeyBlock, "changes" | "quarantined"> {
  readonly blockNumber: bigint;
  readonly blockTime: Date;
}

async function processFollowed(run: SyncRun, block: Block): Promise<FollowedKeyBlock> {
  const context = processContextOf(run, 0);
  const blockNumber = blockNumberOf(block) ?? 0n;
  const { changes, quarantined } = await processSurely({
    input: block,
    readAgain: () => readKeyBlock(run, block),
    process: async (input) =>
      processKeyBlock(
        input,
        context,
        await run.checkMessages(listKeyMessages(input).map(({ message }) => message)),
      ),
    logger: run.logger.child({ shardId: 0, blockNumber }),
  });
  return { blockNumber, blockTime: blockTimeOf(block), changes, quarantined };
}

/** Reads and processes blocks in order, weighed for batches; calls `onEnd` where the run ends, and reads no more. */
async function* followKeys(
  run: SyncRun,
  source: KeyBlockSource,
  onEnd: () => void,
): AsyncGenerator<Weighed<FollowedKeyBlock>> {
  for await (const block of readKeyBlocks(source)) {
    const blockNumber = blockNumberOf(block) ?? 0n;
    if (run.end.isPast(0, { blockNumber, at: blockTimeOf(block) })) return onEnd();
    yield { item: await processFollowed(run, block), weight: 1 };
    if (run.end.isLast(0, blockNumber)) return onEnd();
  }
}

async function applyBatch(
  run: SyncRun,
  blocks: readonly FollowedKeyBlock[],
  previousBlock: bigint,
): Promise<bigint> {
  const last = blocks.at(-1);
  if (last === undefined) return previousBlock;
  const { blockNumber, blockTime } = last;
  const changes = blocks.flatMap((block) => block.changes);
  const messageCount = changes.filter(({ kind }) => kind === "merge").length;
  const batch: BlockBatch = {
    shardId: 0,
    previousBlock,
    blockNumber,
    blockTime,
    eventId: lastPositionOf(blockNumber),
    changes,
    messageCount,
    quarantined: blocks.flatMap((block) => block.quarantined),
  };
  const write = { shardId: 0, blockNumber, messageCount };
  await run.slowWrites.watch(write, () => run.store.applyBlocks(batch));
  const activity = run.activity.of(0);
  activity.blockNumber = blockNumber;
  activity.blockTime = blockTime;
  activity.messageCount += messageCount;
  return blockNumber;
}

/** Keys in blocks that the node has pruned are not to be had from it, which must not go unseen. */
async function recordHole(run: SyncRun, first: bigint, last: bigint): Promise<void> {
  const message = `The node has pruned blocks ${first} to ${last} of shard 0; gasless keys in them are missing`;
  run.logger.error({ shardId: 0, from: first, to: last }, message);
  run.activity.of(0).errorCount += 1;
  const fault = { shardId: 0, virtualShard: null, code: "blocks_pruned", message };
  await run.store.recordFault({ ...fault, isRetried: false });
}

/** The newest block of shard 0 that a node says it has. */
async function readTip(client: NodeClient, signal: AbortSignal): Promise<bigint> {
  const { shardInfos } = await client.hub.getInfo({}, { signal });
  return shardInfos.find(({ shardId }) => shardId === 0)?.maxHeight ?? 0n;
}

function tellCaughtUp(run: SyncRun): void {
  const activity = run.activity.of(0);
  if (activity.isCaughtUp) return;
  activity.isCaughtUp = true;
  run.onCaughtUp();
}

/**
 * Tells a node that has stalled from one with nothing new just now: its block stream ends without a word
 * either way. To be called after every time it was read.
 *
 * @throws {SyncError} `stream_ended` when no block has come for longer than blocks take, and other nodes stand by
 */
function createSilence({ nodes, options: { clock } }: SyncRun) {
  let heardAt = clock.elapsed();
  return (hasBrought: boolean) => {
    if (hasBrought) heardAt = clock.elapsed();
    // Where there is no other node to go to, this one is asked again all the same.
    if (nodes.size === 1 || clock.elapsed() - heardAt < SILENT_MS) return;
    const seconds = SILENT_MS / 1000;
    const message = `The node has given no new block of shard 0 for ${seconds} seconds`;
    throw new SyncError("stream_ended", message, { shardId: 0 });
  };
}

/**
 * Follows shard 0 from where the store stands, for its gasless keys. Ends by abort or failure, at the end
 * of the run, and at the node's newest block in a sync that is historical only. Returns which it was.
 *
 * Its block stream ends at the node's newest block, or before, and is not live (docs/protocol.md 8.2), so
 * it is asked again after every `syncIntervalMs`.
 *
 * @throws {SyncError} `stream_ended` when the node has given no new block for 15 seconds, and others stand by
 */
export async function followKeyBlocks(
  run: SyncRun,
  onProgress: () => void,
): Promise<"at the end" | "at the tip"> {
  const { store, signal, options } = run;
  const client = run.nodes.of(0);
  const activity = run.activity.of(0);
  const progress = await store.findShard(0);
  let previousBlock = progress?.blockNumber ?? 0n;
  activity.blockNumber = previousBlock;
  activity.blockTime = progress?.blockTime ?? undefined;
  if (progress) await expectStoredBefore(run.end, { client, shardId: 0, signal }, progress);
  if (run.end.isLast(0, previousBlock)) return "at the end";
  using behind = countAsBehind(run, 0);
  const onHole = (first: bigint, last: bigint) => recordHole(run, first, last);
  const { clock } = options;
  const limits = {
    minWeight: () => BATCH_BLOCKS,
    maxWaitMs: () => options.syncIntervalMs,
    clock,
  };
  const expectNews = createSilence(run);
  let isAtTip = false;
  let isAtEnd = false;
  const onEnd = () => {
    isAtEnd = true;
  };
  while (true) {
    const startBlock = previousBlock + 1n;
    const openBlocks = (leaving: AbortSignal) =>
      followKeys(run, { client, startBlock, signal: leaving, onHole, clock }, onEnd);
    for await (const batch of batchByTime(openBlocks, limits, signal)) {
      previousBlock = await applyBatch(run, batch, previousBlock);
      onProgress();
    }
    if (isAtEnd) return "at the end";
    isAtTip ||= previousBlock >= (await readTip(client, signal));
    if (isAtTip) {
      behind[Symbol.dispose]();
      tellCaughtUp(run);
      if (options.mode === "historical") return "at the tip";
    }
    expectNews(previousBlock >= startBlock);
    await sleep(options.syncIntervalMs, signal, clock);
  }
}
