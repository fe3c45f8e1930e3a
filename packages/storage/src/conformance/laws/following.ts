// How scenarios go through a history: on, back, and past partitions that contain a part of it.
import * as fc from "fast-check";
import type { BlockBatch } from "../../batches.ts";
import type { Store } from "../../store.ts";
import { virtualShardOf } from "../world/actors.ts";
import type { Block } from "../world/histories.ts";
import { BLOCK_BEFORE, toBatch } from "../world/histories.ts";

/** Longest history, in blocks. */
export const MOST_BLOCKS = 8;

/** Heights that partitions were listed at, by virtual shard. */
type Heights = ReadonlyMap<number, bigint>;

/** Leaves out what partitions contain already, as a sync may and need not. */
function withoutContained(blocks: readonly Block[], heights: Heights): readonly Block[] {
  return blocks.map((block) => ({
    ...block,
    changes: block.changes.filter((change) => {
      const { fid } = "row" in change ? change.row : change;
      return (heights.get(virtualShardOf(fid)) ?? 0n) < block.blockNumber;
    }),
  }));
}

/** Lets a shard follow blocks after this one, wherever it stands. Nothing is listed again. */
export async function followFrom(store: Store, shardId: number, block: bigint): Promise<void> {
  await store.planSnapshot({ shardId, height: 0n, virtualShards: [] });
  await store.startRealtime(shardId, block);
}

/** A place in a history that a store has been brought to. */
export interface Follower {
  /** The block before the next one. */
  readonly height: bigint;
  /** Lets the shard follow blocks from after this height, at most the newest there is. */
  goTo(height: bigint): Promise<void>;
  /** Applies this many blocks as one batch, or as many as there are. */
  follow(count: number, heights?: Heights): Promise<void>;
  /** Applies all blocks that are left, as one batch. */
  finish(heights?: Heights): Promise<void>;
}

/** Follows a history with a store. */
export function createFollower(store: Store, blocks: readonly Block[]): Follower {
  const shardId = blocks[0]?.shardId ?? 1;
  let position = 0;
  async function follow(count: number, heights: Heights = new Map()): Promise<void> {
    const next = withoutContained(blocks.slice(position, position + count), heights);
    if (next.length === 0) return;
    const batch: BlockBatch = toBatch(next);
    await store.applyBlocks(batch);
    position += next.length;
  }
  return {
    get height() {
      return BLOCK_BEFORE + BigInt(position);
    },
    async goTo(height) {
      position = Math.min(Number(height - BLOCK_BEFORE), blocks.length);
      await followFrom(store, shardId, BLOCK_BEFORE + BigInt(position));
    },
    follow,
    finish: (heights) => follow(blocks.length, heights),
  };
}

/** Follows a history from its first block to its last, in one batch. */
export async function followAll(store: Store, blocks: readonly Block[]): Promise<void> {
  const follower = createFollower(store, blocks);
  await follower.goTo(BLOCK_BEFORE);
  await follower.finish();
}

/** A height of a history, the one before its first block included. */
export const anyHeight: fc.Arbitrary<bigint> = fc
  .nat(MOST_BLOCKS)
  .map((count) => BLOCK_BEFORE + BigInt(count));
