import type { HubEvent } from "@snaprag/proto";

/** Bits of an event id that number the events within a block. */
const SEQUENCE_BITS = 14n;

/** The greatest sequence number that fits an event id. */
export const MAX_SEQUENCE: bigint = (1n << SEQUENCE_BITS) - 1n;

/** The block number that leftovers of a bootstrap have. */
const LEFTOVER_BLOCK = 0n;

/** The id of an event (docs/protocol.md 1.1). */
export function eventId(blockNumber: bigint, sequence: bigint): bigint {
  return (blockNumber << SEQUENCE_BITS) | sequence;
}

/** The block of an event id. */
function blockOfEvent(id: bigint): bigint {
  return id >> SEQUENCE_BITS;
}

/** A part of the log. */
interface EventRange {
  /** Inclusive. */
  readonly fromId: bigint;
  /** Exclusive; absent for no bound. */
  readonly toId?: bigint | undefined;
  /** Most events to return. */
  readonly limit: number;
  /** Newest first. */
  readonly isReverse?: boolean | undefined;
}

/** The events of one block, by id. */
interface LoggedBlock {
  readonly number: bigint;
  readonly events: readonly HubEvent[];
}

/** The stored events of one shard, block by block. */
export interface EventLog {
  /** Appends the events of the next block, all at once. */
  append(blockNumber: bigint, events: readonly HubEvent[]): void;
  /** Puts events of height 0 in front of the first block (docs/protocol.md 1.7). */
  leave(leftovers: readonly HubEvent[]): void;
  /** The blocks whose events are still there, leftovers aside. */
  listBlocks(): readonly LoggedBlock[];
  find(id: bigint): HubEvent | undefined;
  read(range: EventRange): readonly HubEvent[];
  /**
   * Drops whole blocks from the front, up to the first one at or after a time (docs/protocol.md
   * 1.4). Leftovers go with the first block that goes.
   */
  dropBefore(farcasterSeconds: bigint): void;
  /** Drops whole blocks from the front, up to the one of a number but never the newest; leftovers go. */
  dropBlocksBefore(blockNumber: bigint): void;
}

/** Creates an empty log. */
export function createEventLog(): EventLog {
  let blocks: LoggedBlock[] = [];

  /** Blocks are contiguous, so a block's place follows from its number. */
  function blockAt(number: bigint): LoggedBlock | undefined {
    const first = blocks[0];
    return first === undefined ? undefined : blocks[Number(number - first.number)];
  }

  function* forward(range: EventRange): Generator<HubEvent> {
    const first = blocks[0]?.number ?? 0n;
    const start = blockOfEvent(range.fromId);
    let block = blockAt(start < first ? first : start);
    while (block !== undefined && beginsBefore(block, range.toId)) {
      yield* block.events.filter((event) => isWithin(event, range));
      block = blockAt(block.number + 1n);
    }
  }

  function* backward(range: EventRange): Generator<HubEvent> {
    const last = blocks.at(-1)?.number ?? 0n;
    const start = range.toId === undefined ? last : blockOfEvent(range.toId);
    let block = blockAt(start > last ? last : start);
    while (block !== undefined && block.number >= blockOfEvent(range.fromId)) {
      yield* block.events.filter((event) => isWithin(event, range)).reverse();
      block = blockAt(block.number - 1n);
    }
  }

  function keepFrom(isKept: (block: LoggedBlock) => boolean): void {
    const first = blocks.findIndex(isBlock);
    const kept = blocks.findIndex((block) => isBlock(block) && isKept(block));
    // The newest block always stays, so that the log never loses its place.
    if (kept !== first) blocks = blocks.slice(kept < 0 ? -1 : kept);
  }

  return {
    append(number, events) {
      blocks.push({ number, events });
    },
    find: (id) => blockAt(blockOfEvent(id))?.events.find((event) => event.id === id),
    read(range) {
      const events: HubEvent[] = [];
      if (range.limit === 0) return events;
      for (const event of range.isReverse ? backward(range) : forward(range)) {
        events.push(event);
        if (events.length >= range.limit) break;
      }
      return events;
    },
    leave(leftovers) {
      blocks.unshift({ number: LEFTOVER_BLOCK, events: leftovers });
    },
    listBlocks: () => blocks.filter(isBlock),
    dropBefore(farcasterSeconds) {
      keepFrom(({ events }) => (events[0]?.timestamp ?? 0n) >= farcasterSeconds);
    },
    dropBlocksBefore(blockNumber) {
      blocks = blocks.filter(isBlock);
      keepFrom(({ number }) => number >= blockNumber);
    },
  };
}

function isBlock({ number }: LoggedBlock): boolean {
  return number !== LEFTOVER_BLOCK;
}

function isWithin({ id }: HubEvent, { fromId, toId }: EventRange): boolean {
  return id >= fromId && (toId === undefined || id < toId);
}

function beginsBefore(block: LoggedBlock, id: bigint | undefined): boolean {
  return id === undefined || eventId(block.number, 0n) < id;
}
