// The end of a run that is bounded: for each shard the last block that is applied.
import type { SyncMode } from "../../options.ts";

/** A time, the same for all shards, or the number of the last block of each. */
export type SyncEnd = Date | ReadonlyMap<number, bigint>;

/** A block, as far as an end is about it. */
interface EndingBlock {
  readonly blockNumber: bigint;
  /** Time of the block. */
  readonly at: Date;
}

/** The end of one run, and which shards have come to it. Without an end, no block is past it. */
export interface RunEnd {
  readonly until: SyncEnd | undefined;
  /** Whether a block of a shard comes after the end. */
  isPast(shardId: number, block: EndingBlock): boolean;
  /** Whether a block is known to be a shard's last without a look at the next one. */
  isLast(shardId: number, blockNumber: bigint): boolean;
  /** Shards that have every block up to the end. */
  readonly reached: Set<number>;
  /**
   * The blocks that calls may have told the state of, by shard: what a download reads by calls is the
   * node's present, so that before these blocks the rows are those of no block.
   */
  readonly readUpTo: Map<number, bigint>;
}

/** The end of a run that begins; of an unbounded one without `until`. */
export function createRunEnd(until: SyncEnd | undefined): RunEnd {
  const lastOf = (shardId: number) => (until instanceof Date ? undefined : until?.get(shardId));
  return {
    until,
    isPast(shardId, { blockNumber, at }) {
      if (until instanceof Date) return at > until;
      const last = lastOf(shardId);
      return last !== undefined && blockNumber > last;
    },
    isLast: (shardId, blockNumber) => lastOf(shardId) === blockNumber,
    reached: new Set(),
    readUpTo: new Map(),
  };
}

/**
 * Rejects what is no end of a run.
 *
 * @throws {TypeError} for a date that is none, for what is no block number, and in a historical sync, which
 * ends with its snapshots
 */
export function expectEnd(until: SyncEnd | undefined, mode: SyncMode): SyncEnd | undefined {
  if (until === undefined) return until;
  if (mode === "historical") {
    throw new TypeError("Expected no `until` in a historical sync, which follows no blocks");
  }
  if (until instanceof Date) {
    if (!Number.isNaN(until.getTime())) return until;
    throw new TypeError("Expected `until` to be a time, got an invalid Date");
  }
  if (until.size === 0) throw new TypeError("Expected `until` to name a block, got none");
  for (const [shardId, last] of until) {
    if (typeof last === "bigint" && last > 0n) continue;
    throw new TypeError(
      `Expected \`until\` to be a block number from 1 on for shard ${shardId}, got ${last}`,
    );
  }
  return until;
}

/**
 * Rejects blocks that do not say of every shard where it ends: such a run would never.
 *
 * @throws {TypeError}
 */
export function expectEndOfAll(until: SyncEnd | undefined, shardIds: readonly number[]): void {
  if (until === undefined || until instanceof Date) return;
  const endless = shardIds.filter((shardId) => !until.has(shardId));
  if (endless.length === 0) return;
  throw new TypeError(`Expected \`until\` to name a block of shard ${endless.join(", ")} too`);
}
