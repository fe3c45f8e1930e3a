import type { NodeClient } from "@snaprag/client";
import type { Change } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { BlockBatch, LeafChange, QuarantinedMessage } from "@snaprag/storage";
import { createLiveProof } from "../proof/live/live-proof.ts";
import { readKeyHistory } from "../proof/node/key-history.ts";
import type { NodeReading } from "../proof/node/node-reading.ts";
import { messagesOf } from "../run/quarantine/carrier.ts";
import { processSurely } from "../run/quarantine/process-surely.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import { batchByTime } from "./batch-blocks.ts";
import type { ProcessedBlock } from "./process-block.ts";
import { processBlock } from "./process-block.ts";
import type { BlockSource } from "./read-blocks.ts";
import { readBlock, readBlocks } from "./read-blocks.ts";
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
  readonly source: BlockSource;
  readonly onProgress: () => void;
}

async function* weighBlocks(blocks: AsyncIterable<ShardBlock>) {
  for await (const block of blocks) yield { item: block, weight: block.events.length };
}

function processFollowed(
  { run, shardId, source }: Following,
  block: ShardBlock,
): Promise<ProcessedBlock> {
  const { blockNumber } = block;
  const context = processContextOf(run, shardId);
  return processSurely({
    input: block,
    readAgain: () => readBlock(source, blockNumber),
    process: async (input) => {
      const messages = input.events.flatMap((event) => messagesOf({ kind: "event", event }));
      return processBlock(input, context, await run.checkMessages(messages));
    },
    logger: run.logger.child({ shardId, blockNumber }),
  });
}

async function toBatch(
  following: Following,
  blocks: readonly ShardBlock[],
  previousBlock: bigint,
): Promise<BlockBatch | undefined> {
  const { shardId, watermarks } = following;
  const last = blocks.at(-1);
  if (last === undefined) return undefined;
  const changes: Change[] = [];
  const leaves: LeafChange[] = [];
  const quarantined: QuarantinedMessage[] = [];
  for (const block of blocks) {
    const processed = await processFollowed(following, block);
    changes.push(...watermarks.withoutContained(processed.changes, block.blockNumber));
    leaves.push(...watermarks.withoutContained(processed.leaves, block.blockNumber));
    quarantined.push(...processed.quarantined);
  }
  return {
    shardId,
    previousBlock,
    blockNumber: last.blockNumber,
    blockTime: last.at,
    eventId: last.events.at(-1)?.id ?? lastPositionOf(last.blockNumber),
    changes,
    messageCount: changes.filter(({ kind }) => kind === "merge").length,
    quarantined,
    leaves,
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

/** What the rows that are written are proved with, against the node they are followed from. */
function readingOf(run: SyncRun, client: NodeClient): NodeReading {
  const { network, blake3, ed25519, validatorSets, areValidatorsConfigured, signal } = run;
  const { homeShardOf } = processContextOf(run, 0);
  return {
    ...{ client, network, homeShardOf, blake3, ed25519, signal },
    ...{ validatorSets, areValidatorsConfigured },
    readKeyHistory: () => readKeyHistory({ client, network: network.network, signal }),
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
  const { store, signal, options } = run;
  const progress = (await store.listShards()).find((shard) => shard.shardId === shardId);
  const partitions = await store.listPartitions(shardId);
  const watermarks = createWatermarks(partitions);
  let previousBlock = progress?.blockNumber ?? 0n;
  run.activity.of(shardId).blockNumber = previousBlock;

  const tip = createTip(run, shardId);
  const firstBlock = previousBlock + 1n;
  // The whole way from here on is this node's: it ends by a failure before another one is read.
  const client = run.nodes.of(shardId);
  const source: BlockSource = { client, shardId, firstBlock, signal, onTip: tip.set };
  const following: Following = { run, shardId, watermarks, source, onProgress };
  const openBlocks = (leaving: AbortSignal) =>
    weighBlocks(readBlocks({ ...source, signal: leaving }));
  const liveProof = createLiveProof({
    ...{ run, shardId, isAtTip: tip.isKnown, isWhole: partitions.length > 0 },
    reading: readingOf(run, client),
  });
  const limits = {
    minWeight: () => (tip.isKnown() ? options.batchSize : CATCH_UP_EVENTS),
    maxWaitMs: options.syncIntervalMs,
  };
  for await (const group of batchByTime(openBlocks, limits, signal)) {
    const batch = await toBatch(following, group, previousBlock);
    if (batch === undefined) continue;
    await applyBatch(following, batch);
    await liveProof.afterBatch(batch);
    previousBlock = batch.blockNumber;
    tip.check();
  }
}
