import { NodeClientError } from "@snaprag/client";
import type { PartitionProgress } from "@snaprag/storage";
import { proveSnapshot } from "../proof/history/prove-snapshot.ts";
import { tryToProve } from "../proof/live/try-to-prove.ts";
import type { Lanes } from "../run/lanes.ts";
import { untilDone } from "../run/survive.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { together } from "../run/together.ts";
import { expectReached } from "./accounts/expect-reached.ts";
import type { AccountDirectory } from "./accounts/list-accounts.ts";
import { listAccounts } from "./accounts/list-accounts.ts";
import { downloadPartition } from "./download-partition.ts";
import type { PageFailures } from "./page-failures.ts";
import { createPageFailures } from "./page-failures.ts";
import { beginProof } from "./partition-job.ts";
import type { Snapshot } from "./snapshot-book.ts";
import { getNewestSnapshot, listServedSnapshots } from "./snapshot-book.ts";

const VIRTUAL_SHARDS: readonly number[] = Array.from({ length: 256 }, (_, index) => index);

/** One shard's download: what its partitions share. */
interface ShardDownload {
  readonly run: SyncRun;
  readonly shardId: number;
  readonly lanes: Lanes;
  /** Snapshots met so far, by height. */
  readonly snapshots: Map<bigint, Snapshot>;
  /** All accounts that there are at a height, and maybe later ones. */
  readonly listAccounts: (height: bigint) => Promise<AccountDirectory>;
}

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
  await run.store.planSnapshot({ shardId, height: newest.height, virtualShards });
  run.logger.info(
    { shardId, height: newest.height, partitionCount: virtualShards.length },
    "planned snapshot",
  );
  return run.store.listPartitions(shardId);
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
  await run.store.planSnapshot({ shardId, height: newest.height, virtualShards: [virtualShard] });
  run.logger.info({ shardId, virtualShard, from: height, to: newest.height }, "snapshot gone");
  return newest.height !== height;
}

/** Where a partition stands now: another try may have moved it further than it could tell. */
async function readPartition(
  { run, shardId }: ShardDownload,
  virtualShard: number,
): Promise<PartitionProgress | undefined> {
  const partitions = await run.store.listPartitions(shardId);
  return partitions.find((partition) => partition.virtualShard === virtualShard);
}

function isSnapshotGone(error: unknown): boolean {
  if (!(error instanceof NodeClientError)) return false;
  return error.code === "snapshot_gone" || error.code === "bad_page_token";
}

/** A partition as it stands, and how its pages failed so far. */
interface PartitionTry {
  readonly partition: PartitionProgress;
  readonly pageFailures: PageFailures;
}

/** One try at a partition. Returns whether it is done; if not, it stands at a newer snapshot. */
async function tryPartition(
  download: ShardDownload,
  { partition, pageFailures }: PartitionTry,
  onProgress: () => void,
): Promise<boolean> {
  const { run, shardId, lanes, snapshots } = download;
  const activity = run.activity.of(shardId);
  const job = {
    partition,
    at: snapshots.get(partition.height)?.at ?? new Date(),
    listAccounts: () => download.listAccounts(partition.height),
    pageFailures,
    proof: beginProof(run, partition),
    onStep: (step: { readonly entryCount: number; readonly messageCount: number }) => {
      activity.entryCount += step.entryCount;
      activity.messageCount += step.messageCount;
      onProgress();
    },
  };
  try {
    await lanes.run(() => downloadPartition(run, job));
    return true;
  } catch (error) {
    if (isSnapshotGone(error) && (await replanPartition(download, partition))) return false;
    throw error;
  }
}

async function finishPartition(download: ShardDownload, planned: PartitionProgress): Promise<void> {
  const { run, shardId } = download;
  const { virtualShard } = planned;
  let partition: PartitionProgress | undefined = planned;
  const pageFailures = createPageFailures();
  await untilDone(run, { shardId, virtualShard }, async (onProgress) => {
    let isDone = false;
    while (!isDone) {
      const current: PartitionProgress | undefined =
        partition ?? (await readPartition(download, virtualShard));
      if (current === undefined || current.status === "done") return;
      // Whatever comes of it, the next try begins where the store says.
      partition = undefined;
      isDone = await tryPartition(download, { partition: current, pageFailures }, onProgress);
    }
  });
  run.activity.of(shardId).partitionsDone += 1;
}

function lowestHeight(partitions: readonly PartitionProgress[]): bigint {
  let lowest = partitions[0]?.height ?? 0n;
  for (const { height } of partitions) if (height < lowest) lowest = height;
  return lowest;
}

/** Brings all partitions of a shard to their end; returns the height realtime continues from. */
export async function downloadShard(run: SyncRun, shardId: number, lanes: Lanes): Promise<bigint> {
  const snapshots = new Map<bigint, Snapshot>();
  const accountLister = createAccountLister(run, shardId);
  const download: ShardDownload = { run, shardId, lanes, snapshots, listAccounts: accountLister };
  const partitions = await untilDone(run, { shardId }, () => planPartitions(download));
  const unfinished = partitions.filter(({ status }) => status !== "done");

  const activity = run.activity.of(shardId);
  activity.phase = "historical";
  activity.partitionsTotal = partitions.length;
  activity.partitionsDone = partitions.length - unfinished.length;
  activity.expectedCount = Math.max(0, ...[...snapshots.values()].map((each) => each.leafCount));

  await together(
    unfinished.map((partition) => finishPartition(download, partition)),
    run.abort,
  );
  if (run.options.verification !== "none") {
    const prove = () => proveSnapshot(run, shardId);
    await untilDone(run, { shardId }, () => tryToProve(run, shardId, prove));
  }
  return lowestHeight(await run.store.listPartitions(shardId));
}
