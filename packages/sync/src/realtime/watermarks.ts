import type { Change } from "@snaprag/processors";
import type { LeafChange, PartitionProgress } from "@snaprag/storage";
import { virtualShardOf } from "@snaprag/verify";

/**
 * The blocks that partitions already contain.
 *
 * Each partition's rows are exact for the height of its snapshot, so events up to that height say
 * nothing new of its accounts. This is what lets partitions come from different snapshots.
 */
export interface Watermarks {
  /** Leaves out the changes that rows and leaves of a snapshot contain already. */
  withoutContained<Kind extends Change | LeafChange>(
    changes: readonly Kind[],
    blockNumber: bigint,
  ): readonly Kind[];
}

function fidOf(change: Change | LeafChange): bigint {
  return "row" in change ? change.row.fid : change.fid;
}

/** Watermarks of a shard's partitions. */
export function createWatermarks(partitions: readonly PartitionProgress[]): Watermarks {
  const heights = new Map(partitions.map(({ virtualShard, height }) => [virtualShard, height]));
  let highest = 0n;
  for (const { height } of partitions) if (height > highest) highest = height;
  return {
    withoutContained(changes, blockNumber) {
      if (blockNumber > highest) return changes;
      return changes.filter(
        (change) => (heights.get(virtualShardOf(fidOf(change))) ?? 0n) < blockNumber,
      );
    },
  };
}
