// Blocks of a shard as they are followed: read, processed, and put together to what is written at once.
import type { Change } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { Message } from "@snaprag/proto";
import { hashedBytes } from "@snaprag/proto";
import type { BlockBatch, LeafChange, QuarantinedMessage } from "@snaprag/storage";
import { messagesOf } from "../run/quarantine/carrier.ts";
import { processSurely } from "../run/quarantine/process-surely.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import type { Weighed } from "./batch-blocks.ts";
import { processBlock } from "./process-block.ts";
import type { BlockSource } from "./read-blocks.ts";
import { readBlock, readBlocks } from "./read-blocks.ts";
import type { ShardBlock } from "./shard-block.ts";
import type { Watermarks } from "./watermarks.ts";

/** Bytes of messages that weigh as much as an event: most events have far fewer. */
const BYTES_PER_WEIGHT = 2048;

/** One shard being followed. */
export interface Following {
  readonly run: SyncRun;
  readonly watermarks: Watermarks;
  readonly source: BlockSource;
  /** Whether a block was the node's newest when nothing later was stored. */
  readonly isTip: (blockNumber: bigint) => boolean;
}

/** What a block changes, where partitions do not contain it already. */
export interface FollowedBlock {
  readonly blockNumber: bigint;
  /** Time of the block. */
  readonly at: Date;
  /** Position of its last event. */
  readonly eventId: bigint;
  readonly changes: readonly Change[];
  readonly leaves: readonly LeafChange[];
  readonly quarantined: readonly QuarantinedMessage[];
}

function messagesOfBlock({ events }: ShardBlock): readonly Message[] {
  return events.flatMap((event) => messagesOf({ kind: "event", event }));
}

/** Events, unless what they bring is large: what is collected has to fit into memory. */
function weightOf({ events }: ShardBlock, messages: readonly Message[]): number {
  const bytes = messages.reduce((sum, message) => sum + hashedBytes(message).length, 0);
  return Math.max(events.length, bytes / BYTES_PER_WEIGHT);
}

/** Reads and processes the blocks of a shard in order, weighed for batches, up to the end of the run. */
export async function* followBlocks(following: Following): AsyncGenerator<Weighed<FollowedBlock>> {
  const { run, watermarks, source, isTip } = following;
  const { shardId } = source;
  const context = processContextOf(run, shardId);
  for await (const block of readBlocks(source)) {
    const { blockNumber, at, events } = block;
    if (run.end.isPast(shardId, block)) return;
    const isLast = run.end.isLast(shardId, blockNumber);
    let weight = 0;
    const { changes, leaves, quarantined } = await processSurely({
      input: block,
      readAgain: () => readBlock(source, blockNumber),
      process: async (input) => {
        const messages = messagesOfBlock(input);
        weight = weightOf(input, messages);
        return processBlock(input, context, await run.checkMessages(messages));
      },
      logger: run.logger.child({ shardId, blockNumber }),
    });
    const item = {
      ...{ blockNumber, at, quarantined },
      eventId: events.at(-1)?.id ?? lastPositionOf(blockNumber),
      changes: watermarks.withoutContained(changes, blockNumber),
      leaves: watermarks.withoutContained(leaves, blockNumber),
    };
    // Nothing more is there to be waited for with the node's newest block.
    yield { item, weight: isLast || isTip(blockNumber) ? Number.POSITIVE_INFINITY : weight };
    if (isLast) return;
  }
}

/** Blocks that follow each other as one batch, to be written after `previousBlock`. */
export function toBatch(
  blocks: readonly FollowedBlock[],
  place: Pick<BlockBatch, "shardId" | "previousBlock">,
): BlockBatch {
  const last = blocks.at(-1);
  if (last === undefined) throw new RangeError("Expected at least one block");
  const changes = blocks.flatMap((block) => block.changes);
  return {
    ...place,
    blockNumber: last.blockNumber,
    blockTime: last.at,
    eventId: last.eventId,
    changes,
    messageCount: changes.filter(({ kind }) => kind === "merge").length,
    quarantined: blocks.flatMap((block) => block.quarantined),
    leaves: blocks.flatMap((block) => block.leaves),
  };
}
