import { fromFarcasterTime } from "@snaprag/processors";
import type { ShardChunk } from "@snaprag/proto";
import { SyncError } from "../../errors.ts";
import { toChainRoot } from "../../proof/node/chain-root.ts";
import type { SyncRun } from "../../run/sync-run.ts";

/** A snapshot that the node served when it was last asked. */
export interface Snapshot {
  readonly height: bigint;
  readonly at: Date;
  /** Leaves of the shard's trie. */
  readonly leafCount: number;
  /** The block it is of, without its transactions; undefined when the node does not say. */
  readonly chunk: ShardChunk | undefined;
}

/** The snapshots of one shard, newest first. */
export async function listServedSnapshots(
  { nodes, signal }: SyncRun,
  shardId: number,
): Promise<readonly Snapshot[]> {
  const snapshots = await nodes.of(shardId).listSnapshots(shardId, { signal });
  return snapshots.map(({ height, timestamp, numItems, shardChunk }) => ({
    height,
    chunk: shardChunk && { ...shardChunk, transactions: [] },
    at: fromFarcasterTime(timestamp),
    leafCount: Number(numItems),
  }));
}

/**
 * The newest snapshot of a shard.
 *
 * @throws {SyncError} `no_snapshot` when there is none just now, `uncommitted_block` when the block it
 * is of was not committed by its validators
 */
export async function getNewestSnapshot(run: SyncRun, shardId: number): Promise<Snapshot> {
  const [newest] = await listServedSnapshots(run, shardId);
  if (newest !== undefined) {
    const { height, chunk } = newest;
    // Only looked at: the root is compared when all leaves are there.
    if (chunk && run.options.verification !== "none") {
      toChainRoot(chunk, { shardId, blockNumber: height }, run);
    }
    return newest;
  }
  throw new SyncError("no_snapshot", `The node holds no snapshot of shard ${shardId} just now`, {
    shardId,
  });
}
