import type { HubEvent } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";
import { eventId, MAX_SEQUENCE } from "./event-log.ts";

/** What an event says, without its place in a block. */
export interface EventContent {
  readonly type: HubEventType;
  readonly body: NonNullable<HubEvent["body"]>;
}

/** The events of one block. */
export interface RecordedBlock {
  /** What goes into the log: BLOCK_CONFIRMED first, then the others by id. */
  readonly stored: readonly HubEvent[];
  /** What live subscribers are sent: the same, and gasless keys where they happened. */
  readonly broadcast: readonly HubEvent[];
}

/** Facts of a block that are known only when it is complete. */
interface BlockSeal {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly maxBlockEventSeqnum: bigint;
}

/** Gives the events of a block their ids, in the order in which they happen. */
export interface BlockRecorder {
  record(content: EventContent): void;
  /** Records an event that has no id: live only, counted but never stored (docs/protocol.md 1.6). */
  recordUnstored(content: EventContent): void;
  /** Whether the block has no event id left. */
  isFull(): boolean;
  /** Puts BLOCK_CONFIRMED in front. */
  finish(seal: BlockSeal): RecordedBlock;
}

/** Where the block stands. */
export interface BlockPlace {
  readonly shardId: number;
  readonly blockNumber: bigint;
  /** Farcaster seconds of the block's header. */
  readonly timestamp: bigint;
}

/** Creates the recorder of one block of a data shard. */
export function createBlockRecorder({
  shardId,
  blockNumber,
  timestamp,
}: BlockPlace): BlockRecorder {
  const broadcast: HubEvent[] = [];
  const counts = new Map<number, bigint>([[HubEventType.BLOCK_CONFIRMED, 1n]]);
  let sequence = 0n;

  function push({ type, body }: EventContent, id: bigint): void {
    counts.set(type, (counts.get(type) ?? 0n) + 1n);
    broadcast.push({
      type,
      id,
      body,
      // The RPC layer computes it from the id, also from an id of 0.
      blockNumber: id === 0n ? 0n : blockNumber,
      shardIndex: shardId,
      timestamp,
    });
  }

  function confirm({ blockHash, maxBlockEventSeqnum }: BlockSeal): HubEvent {
    const value = {
      blockNumber,
      shardIndex: shardId,
      timestamp,
      blockHash,
      totalEvents: BigInt(broadcast.length + 1),
      eventCountsByType: Object.fromEntries(counts),
      maxBlockEventSeqnum,
    };
    return {
      type: HubEventType.BLOCK_CONFIRMED,
      id: eventId(blockNumber, 0n),
      body: { $case: "blockConfirmedBody", value },
      blockNumber,
      shardIndex: shardId,
      timestamp,
    };
  }

  return {
    record(content) {
      if (sequence >= MAX_SEQUENCE) {
        throw new RangeError(`Expected at most ${MAX_SEQUENCE} events in block ${blockNumber}`);
      }
      sequence++;
      push(content, eventId(blockNumber, sequence));
    },
    recordUnstored: (content) => push(content, 0n),
    isFull: () => sequence >= MAX_SEQUENCE,
    finish(seal) {
      const all = [confirm(seal), ...broadcast];
      return { stored: all.filter((event) => event.id !== 0n), broadcast: all };
    },
  };
}
