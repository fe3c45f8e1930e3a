import { sleep } from "@snaprag/client";
import type { PartitionProgress } from "@snaprag/storage";
import { proveSnapshot } from "../proof/history/prove-snapshot.ts";
import { tryToProve } from "../proof/live/try-to-prove.ts";
import { expectReached } from "../run/nodes/expect-reached.ts";
import { untilDone } from "../run/survive.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { together } from "../run/together.ts";
import type { AccountDirectory } from "./accounts/list-accounts.ts";
import { listAccounts } from "./accounts/list-accounts.ts";
import type { ShardDownload } from "./finish-partition.ts";
import { finishPartition } from "./finish-partition.ts";
import type { DownloadLimits } from "./plan/download-limits.ts";
import { estimateSizes } from "./plan/partition-sizes.ts";
import { getNewestSnapshot, listServedSnapshots } from "./plan/snapshot-book.ts";

/** How often it is seen whether others are done with their partitions, in milliseconds. */
const OTHERS_MS = 100;

const VIRTUAL_SHARDS: readonly number[] = Array.from({ length: 256 }, (_, index) => index);

/**
 * Lists the accounts of a shard once, however many partitions need them; again after a failure, and
 * for a snapshot that is newer than any before, because accounts may have come since.
 */
function createAccountLister({ nodes, network, signal }: SyncRun, shardId: number) {
  const { shardCount } = network;
  let listed:
    | { readonly height: bigint; readonly directory: Promise<AccountDirectory> }
    | undefined;

  async function list(height: bigint): Promise<AccountDirectory> {
    const node = nodes.of(shardId);
    await expectReached(node, { shardId, height }, signal);
    return listAccounts(node, { shardId, shardCount }, signal);
  }

  return (height: bigint) => {
    if (listed !== undefined && listed.height >= height) return listed.directory;
    const listing = { height, directory: list(height) };
    listing.directory.catch(() => {
      if (listed === listing) listed = undefined;
    });
    listed = listing;
    return listing.directory;
  };
}

/**
 * Sees to it that every unfinished partition comes from a snapshot that the node still serves.
 *
 * Finished ones keep theirs: the events after the lowest height bring all of them to the same block.
 */
async function planPartitions(download: ShardDownload): Promise<readonly PartitionProgress[]> {
  const { run, shardId, snapshots } = download;
  const served = await listServedSnapshots(run, shardId);
  for (const snapshot of served) snapshots.set(snapshot.height, snapshot);
  const known = await run.store.listPartitions(shardId);
  const planned = new Set(
    known
      .filter(({ status, height }) => status === "done" || snapshots.has(height))
      .map(({ virtualShard }) => virtualShard),
  );
  const virtualShards = VIRTUAL_SHARDS.filter((virtualShard) => !planned.has(virtualShard));
  if (virtualShards.length === 0) return known;
  const newest = await getNewestSnapshot(run, shardId);
  snapshots.set(newest.height, newest);
  const plan = { shardId, height: newest.height, virtualShards, isForUnfinished: true };
  await run.store.planSnapshot(plan);
  run.logger.info(
    { shardId, height: newest.height, partitionCount: virtualShards.length },
    "planned snapshot",
  );
  return run.store.listPartitions(shardId);
}

function lowestHeight(partitions: readonly PartitionProgress[]): bigint {
  let lowest = partitions[0]?.height ?? 0n;
  for (const { height } of partitions) if (height < lowest) lowest = height;
  return lowest;
}

function beginDownload(run: SyncRun, shardId: number, limits: DownloadLimits): ShardDownload {
  const listAccounts = createAccountLister(run, shardId);
  return { run, shardId, limits, snapshots: new Map(), listAccounts };
}

function showProgress(
  { run, shardId, snapshots }: ShardDownload,
  partitions: readonly PartitionProgress[],
): void {
  const activity = run.activity.of(shardId);
  activity.phase = "historical";
  activity.partitionsTotal = partitions.length;
  activity.partitionsFound = partitions.filter(({ status }) => status === "done").length;
  activity.partitionsDone = activity.partitionsFound;
  activity.expectedCount = Math.max(0, ...[...snapshots.values()].map((each) => each.leafCount));
}

/** Downloads what no other process does, until all partitions are done, whoever did them. */
async function completePartitions(
  download: ShardDownload,
  planned: readonly PartitionProgress[],
): Promise<readonly PartitionProgress[]> {
  const { run, shardId } = download;
  const { signal, store } = run;
  const sizeOf = await estimateSizes(run, shardId);
  let partitions = planned;
  while (true) {
    showProgress(download, partitions);
    const unfinished = partitions.filter(({ status }) => status !== "done");
    if (unfinished.length === 0) return partitions;
    await together(
      unfinished.map(({ virtualShard }) =>
        finishPartition(download, { virtualShard, priority: sizeOf(virtualShard) }),
      ),
      run.abort,
    );
    partitions = await untilDone(run, { shardId }, () => store.listPartitions(shardId));
    if (partitions.every(({ status }) => status === "done")) continue;
    await sleep(OTHERS_MS, signal, run.options.clock);
  }
}

/** Brings all partitions of a shard to their end; returns the height realtime continues from. */
export async function downloadShard(
  run: SyncRun,
  shardId: number,
  limits: DownloadLimits,
): Promise<bigint> {
  const download = beginDownload(run, shardId, limits);
  const planned = await planPartitions(download);
  const partitions = await completePartitions(download, planned);
  if (run.options.verification !== "none") {
    const prove = () => proveSnapshot(run, shardId);
    await untilDone(run, { shardId }, () => tryToProve(run, shardId, prove));
  }
  return lowestHeight(partitions);
}

/** Downloads partitions of a shard that another process leads, as long as there are any. */
export async function helpDownload(
  run: SyncRun,
  shardId: number,
  limits: DownloadLimits,
): Promise<void> {
  const download = beginDownload(run, shardId, limits);
  const planned = await run.store.listPartitions(shardId);
  if (planned.every(({ status }) => status === "done")) return;
  for (const snapshot of await listServedSnapshots(run, shardId)) {
    download.snapshots.set(snapshot.height, snapshot);
  }
  await completePartitions(download, planned);
}
