import { fromFarcasterTime } from "@snaprag/processors";
import { SyncError } from "../errors.ts";
import type { SyncRun } from "../run/sync-run.ts";

/** A snapshot that the node served when it was last asked. */
export interface Snapshot {
  readonly height: bigint;
  readonly at: Date;
  /** Leaves of the shard's trie. */
  readonly leafCount: number;
}

/** The snapshots of one shard, newest first. */
export async function listServedSnapshots(
  { nodes, signal }: SyncRun,
  shardId: number,
): Promise<readonly Snapshot[]> {
  const snapshots = await nodes.of(shardId).listSnapshots(shardId, { signal });
  return snapshots.map(({ height, timestamp, numItems }) => ({
    height,
    at: fromFarcasterTime(timestamp),
    leafCount: Number(numItems),
  }));
}

/** The newest snapshot of a shard; throws `no_snapshot` when there is none just now. */
export async function getNewestSnapshot(run: SyncRun, shardId: number): Promise<Snapshot> {
  const [newest] = await listServedSnapshots(run, shardId);
  if (newest !== undefined) return newest;
  throw new SyncError("no_snapshot", `The node holds no snapshot of shard ${shardId} just now`, {
    shardId,
  });
}
