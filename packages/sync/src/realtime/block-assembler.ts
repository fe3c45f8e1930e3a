// Whole blocks from single events. Pure: it knows nothing of where events come from.
import { blockOfPosition, fromFarcasterTime } from "@snaprag/processors";
import type { BlockConfirmedBody, HubEvent } from "@snaprag/proto";
import { HubEvent as HubEventCodec, HubEventType, isSameBytes } from "@snaprag/proto";
import type { ShardBlock } from "./shard-block.ts";

/** How many events of a block are known, against how many there are. */
interface BlockShortage {
  readonly blockNumber: bigint;
  /** Events missing, gasless keys not counted; 0 when only those can be missing. */
  readonly missingCount: number;
}

/**
 * Collects the events of one block after the other.
 *
 * Events of blocks before the one collected are repeats and are dropped; so are repeated ids. The
 * first event of a block is its BLOCK_CONFIRMED, which counts all events of the block, itself and
 * those of gasless keys included (docs/protocol.md 1.5, 1.6).
 *
 * Events of gasless keys have the id 0, and so are dropped as well. They do not say of which block
 * they are: the stream may have lost events before one (1.3), and counted for the wrong block, it
 * would hide an event that is missing. So a block with keys never looks complete, and is ended from
 * what the node has stored when the next one begins.
 *
 * The same id with another event means that another node answers behind the same address, whose
 * order inside the block is its own (docs/protocol.md 1.1): what was collected from there on is
 * dropped, and the block is whole again when that node has sent it all.
 */
export interface BlockAssembler {
  /** The block being collected. */
  readonly nextBlock: bigint;
  /**
   * Takes an event of {@link nextBlock} or before it.
   *
   * @throws {RangeError} for an event of a later block: the block before it has to be ended first
   */
  add(event: HubEvent): void;
  /** Whether every event of the block is in hand; of one with gasless keys it cannot be told. */
  isComplete(): boolean;
  /** What is missing of the block. */
  shortage(): BlockShortage;
  /** Ends the block and begins to collect the next one. */
  take(): ShardBlock;
}

function confirmationOf(event: HubEvent): BlockConfirmedBody | undefined {
  return event.body?.$case === "blockConfirmedBody" ? event.body.value : undefined;
}

/** Whether two events say the same. The time that nodes add to an event may be missing (1.2). */
function isSameEvent(one: HubEvent, other: HubEvent): boolean {
  const [a, b] = [one, other].map((event) =>
    HubEventCodec.encode({ ...event, timestamp: 0n }).finish(),
  );
  return a !== undefined && b !== undefined && isSameBytes(a, b);
}

/** Creates an assembler that begins to collect the given block. */
export function createBlockAssembler(firstBlock: bigint): BlockAssembler {
  let nextBlock = firstBlock;
  let confirmed: BlockConfirmedBody | undefined;
  let events = new Map<bigint, HubEvent>();
  let previousSeqnum: bigint | undefined;

  /**
   * How many gasless keys may be in the block: merges that are counted and not stored. They come by
   * shard 0, so there are none when no further event of shard 0 was applied.
   */
  function countGaslessKeys(): number {
    const seqnum = confirmed?.maxBlockEventSeqnum;
    if (confirmed === undefined || seqnum === previousSeqnum) return 0;
    const isMerge = ({ type }: HubEvent) => type === HubEventType.MERGE_MESSAGE;
    const counted = confirmed.eventCountsByType[HubEventType.MERGE_MESSAGE] ?? 0n;
    return Math.max(0, Number(counted) - [...events.values()].filter(isMerge).length);
  }

  function dropFrom(id: bigint): void {
    for (const known of [...events.keys()]) if (known >= id) events.delete(known);
    if (events.size === 0) confirmed = undefined;
  }

  return {
    get nextBlock() {
      return nextBlock;
    },
    add(event) {
      const block = blockOfPosition(event.id);
      if (block > nextBlock) {
        throw new RangeError(`Expected an event of block ${nextBlock}, got one of ${block}`);
      }
      if (block < nextBlock) return;
      const known = events.get(event.id);
      if (known !== undefined && isSameEvent(known, event)) return;
      if (known !== undefined) dropFrom(event.id);
      events.set(event.id, event);
      confirmed ??= confirmationOf(event);
    },
    isComplete: () => confirmed !== undefined && events.size >= Number(confirmed.totalEvents),
    shortage() {
      if (confirmed === undefined) return { blockNumber: nextBlock, missingCount: 1 };
      const missing = Number(confirmed.totalEvents) - events.size;
      return { blockNumber: nextBlock, missingCount: Math.max(0, missing - countGaslessKeys()) };
    },
    take() {
      const block: ShardBlock = {
        blockNumber: nextBlock,
        at: fromFarcasterTime(confirmed?.timestamp ?? 0n),
        events: [...events.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      };
      previousSeqnum = confirmed?.maxBlockEventSeqnum;
      nextBlock += 1n;
      confirmed = undefined;
      events = new Map();
      return block;
    },
  };
}
