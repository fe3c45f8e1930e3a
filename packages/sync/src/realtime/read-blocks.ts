import type { NodeClient } from "@snaprag/client";
import { blockOfPosition, firstPositionOf } from "@snaprag/processors";
import type { HubEvent } from "@snaprag/proto";
import { cursorExpired, SyncError } from "../errors.ts";
import type { BlockAssembler } from "./block-assembler.ts";
import { createBlockAssembler } from "./block-assembler.ts";
import type { ShardBlock } from "./shard-block.ts";

/** Which blocks to read. */
export interface BlockSource {
  readonly client: NodeClient;
  readonly shardId: number;
  /** The first block to read. */
  readonly firstBlock: bigint;
  readonly signal: AbortSignal;
  /** Called with the newest block that the node has stored, before that one is yielded. */
  readonly onTip: (blockNumber: bigint) => void;
}

/**
 * Ends the block being collected from what the node has stored.
 *
 * A block is stored by one write, so that it is there whole or not at all: events short of the count
 * that gasless keys do not explain mean that this node cannot be followed.
 */
function takeStored({ shardId }: BlockSource, assembler: BlockAssembler): ShardBlock {
  const { blockNumber, missingCount } = assembler.shortage();
  if (missingCount === 0) return assembler.take();
  throw new SyncError(
    "incomplete_block",
    `Block ${blockNumber} of shard ${shardId} lacks ${missingCount} of its events on this node`,
    { shardId },
  );
}

/** Reads the blocks that the node has stored, from the one collected to `stopBlock` or the newest. */
async function* readStored(
  source: BlockSource,
  assembler: BlockAssembler,
  stopBlock?: bigint,
): AsyncGenerator<ShardBlock> {
  const { client, shardId, signal } = source;
  const startId = firstPositionOf(assembler.nextBlock);
  const stopId = stopBlock === undefined ? undefined : firstPositionOf(stopBlock);
  let hasEvents = false;
  for await (const page of client.readEvents({ shardId, startId, stopId }, { signal })) {
    for (const event of page) {
      const block = blockOfPosition(event.id);
      if (hasEvents && block > assembler.nextBlock) yield takeStored(source, assembler);
      if (block > assembler.nextBlock)
        throw cursorExpired(source.shardId, assembler.nextBlock, block);
      assembler.add(event);
      hasEvents = true;
    }
  }
  if (hasEvents) yield takeStored(source, assembler);
  if (stopBlock !== undefined && assembler.nextBlock < stopBlock) {
    throw cursorExpired(source.shardId, assembler.nextBlock, stopBlock);
  }
}

/**
 * Reads one block that the node has stored.
 *
 * @throws {SyncError} `cursor_expired` when the node no longer has it
 */
export async function readBlock(source: BlockSource, blockNumber: bigint): Promise<ShardBlock> {
  const assembler = createBlockAssembler(blockNumber);
  for await (const block of readStored(source, assembler, blockNumber + 1n)) return block;
  throw cursorExpired(source.shardId, blockNumber, blockNumber + 1n);
}

/** Adds a live event, after reading again whatever lies between it and the block collected. */
async function* addLive(
  source: BlockSource,
  assembler: BlockAssembler,
  event: HubEvent,
): AsyncGenerator<ShardBlock> {
  const block = blockOfPosition(event.id);
  if (block > assembler.nextBlock) yield* readStored(source, assembler, block);
  assembler.add(event);
  if (assembler.isComplete()) yield assembler.take();
}

/**
 * Reads a shard's blocks in order, none left out: first those the node has stored, then live ones.
 *
 * The live stream may repeat events, and loses them without a word when the node's buffer overruns
 * or between its replay and its live part (docs/protocol.md 1.3). So a block counts only when all
 * its events are in hand, and what is missing is read from the node's store. That is also where a
 * block with gasless keys is ended, once the next one begins: about a block later than others. Ends
 * only by abort or failure.
 *
 * @throws {SyncError} `cursor_expired` when the node no longer has a block, `incomplete_block` when
 * it has only a part of one, `stream_ended` when it hangs up
 */
export async function* readBlocks(source: BlockSource): AsyncGenerator<ShardBlock> {
  const { client, shardId, signal } = source;
  const assembler = createBlockAssembler(source.firstBlock);
  let newest: ShardBlock | undefined;
  for await (const block of readStored(source, assembler)) {
    if (newest) yield newest;
    newest = block;
  }
  source.onTip(assembler.nextBlock - 1n);
  if (newest) yield newest;
  const fromId = firstPositionOf(assembler.nextBlock);
  // Not to be connected again from within: the next try may be at another node, from a whole block.
  const live = client.subscribe({ shardId, fromId }, { signal, reconnect: false });
  for await (const event of live) yield* addLive(source, assembler, event);
  throw new SyncError("stream_ended", `The node ended the event stream of shard ${shardId}`, {
    shardId,
  });
}
