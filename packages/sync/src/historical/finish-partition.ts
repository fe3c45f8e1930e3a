// One partition to its end, from whatever snapshot the node still serves.
import { NodeClientError } from "@snaprag/client";
import type { PartitionProgress } from "@snaprag/storage";
import { untilDone } from "../run/survive.ts";
import type { SyncRun } from "../run/sync-run.ts";
import type { AccountDirectory } from "./accounts/list-accounts.ts";
import { downloadPartition } from "./download-partition.ts";
import type { PartitionFailures } from "./failures.ts";
import { createPartitionFailures } from "./failures.ts";
import { beginProof } from "./partition-job.ts";
import type { DownloadLimits } from "./plan/download-limits.ts";
import type { Snapshot } from "./plan/snapshot-book.ts";
import { getNewestSnapshot, listServedSnapshots } from "./plan/snapshot-book.ts";

/** One shard's download: what its partitions share. */
export interface ShardDownload {
  readonly run: SyncRun;
  readonly shardId: number;
  readonly limits: DownloadLimits;
  /** Snapshots met so far, by height. */
  readonly snapshots: Map<bigint, Snapshot>;
  /** All accounts that there are at a height, and maybe later ones. */
  readonly listAccounts: (height: bigint) => Promise<AccountDirectory>;
}

/**
 * Sends a partition to the newest snapshot, from its beginning. Returns whether that is another one
 * than it came from: if not, something else is wrong than its age.
 */
async function replanPartition(
  { run, shardId, snapshots }: ShardDownload,
  { virtualShard, height }: PartitionProgress,
): Promise<boolean> {
  const newest = await getNewestSnapshot(run, shardId);
  snapshots.set(newest.height, newest);
  const virtualShards = [virtualShard];
  const plan = { shardId, height: newest.height, virtualShards, isForUnfinished: true };
  await run.store.planSnapshot(plan);
  run.logger.info({ shardId, virtualShard, from: height, to: newest.height }, "snapshot gone");
  return newest.height !== height;
}

/** Time of a snapshot's block; another process may have planned one that this one has not met. */
async function findTime({ run, shardId, snapshots }: ShardDownload, height: bigint): Promise<Date> {
  if (!snapshots.has(height)) {
    for (const served of await listServedSnapshots(run, shardId)) {
      snapshots.set(served.height, served);
    }
  }
  return snapshots.get(height)?.at ?? new Date(run.options.clock.now());
}

function isSnapshotGone(error: unknown): boolean {
  if (!(error instanceof NodeClientError)) return false;
  return error.code === "snapshot_gone" || error.code === "bad_page_token";
}

/** Downloads a partition from where it stands, as far as that goes without a failure. */
async function continuePartition(
  download: ShardDownload,
  { partition, failures }: PartitionTry,
  onProgress: () => void,
): Promise<void> {
  const { run, shardId, limits } = download;
  const activity = run.activity.of(shardId);
  await downloadPartition(run, {
    partition,
    at: await findTime(download, partition.height),
    listAccounts: () => download.listAccounts(partition.height),
    pages: limits.pages,
    failures,
    isRelisted: partition.isRelisted,
    proof: beginProof(run, partition),
    onStep: (step) => {
      activity.entryCount += step.entryCount;
      activity.messageCount += step.messageCount;
      onProgress();
    },
  });
  activity.partitionsDone += 1;
}

/** A partition as it stands, and what of it failed so far. */
interface PartitionTry {
  readonly partition: PartitionProgress;
  readonly failures: PartitionFailures;
}

/** Which partition, and which of those that wait goes first. */
interface PartitionTurn {
  readonly virtualShard: number;
  readonly priority: number;
}

/**
 * Downloads a partition to its end, unless another process has taken it, or has done it already.
 * Every try begins where the store says: one that failed may have come further than it could tell.
 */
export async function finishPartition(
  download: ShardDownload,
  { virtualShard, priority }: PartitionTurn,
): Promise<void> {
  const { run, shardId, limits } = download;
  const failures = createPartitionFailures();

  /** Returns whether nothing is left to try: if not, the partition stands at a newer snapshot. */
  async function tryOnce(onProgress: () => void): Promise<boolean> {
    let partition: PartitionProgress | undefined;
    try {
      await limits.lanes.run(priority, async () => {
        partition = await run.membership.takePartition(shardId, virtualShard);
        if (partition === undefined || partition.status === "done") return;
        await continuePartition(download, { partition, failures }, onProgress);
      });
      return true;
    } catch (error) {
      if (partition && isSnapshotGone(error) && (await replanPartition(download, partition))) {
        return false;
      }
      throw error;
    }
  }

  await untilDone(run, { shardId, virtualShard }, async (onProgress) => {
    while (!(await tryOnce(onProgress)));
  });
}
