// Progress in memory, with the same fences as a database's.
import type { BlockBatch, PageBatch, SnapshotPlan, SyncFault } from "../batches.ts";
import { StorageError } from "../errors.ts";
import type { PartitionProgress, ShardProgress, ShardStanding } from "../progress.ts";
import type { ShardProof } from "../proof.ts";

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Progress of all shards and partitions. */
export interface MemoryProgress {
  readonly shards: Map<number, Writable<ShardStanding>>;
  /** By shard id and virtual shard, as `1/255`. */
  readonly partitions: Map<string, Writable<PartitionProgress>>;
  /** Times of the snapshots' blocks, by height. */
  readonly snapshotTimes: Map<bigint, Date>;
}

/** Creates empty progress. */
export function createMemoryProgress(): MemoryProgress {
  return { shards: new Map(), partitions: new Map(), snapshotTimes: new Map() };
}

function shardOf({ shards }: MemoryProgress, shardId: number): Writable<ShardStanding> {
  const known = shards.get(shardId);
  if (known !== undefined) return known;
  const shard: Writable<ShardStanding> = {
    shardId,
    phase: "historical",
    snapshotHeight: null,
    blockNumber: 0n,
    blockTime: null,
    eventId: 0n,
    messageCount: 0n,
    errorCount: 0,
    retryCount: 0,
    fallbackCount: 0,
    proof: null,
  };
  shards.set(shardId, shard);
  return shard;
}

/** What the caller counts, by shard id. */
export interface ShardCounts {
  readonly users: ReadonlyMap<number, number>;
  readonly quarantined: ReadonlyMap<number, number>;
}

/** A shard with the counts of its partitions added. */
export function findShard(progress: MemoryProgress, shardId: number): ShardStanding | undefined {
  const shard = progress.shards.get(shardId);
  if (shard === undefined) return undefined;
  const standing = { ...shard };
  for (const partition of listPartitions(progress, shardId)) {
    standing.messageCount += partition.messageCount;
    standing.fallbackCount += partition.fallbackCount;
  }
  return standing;
}

/** All shards, with what the caller counts and the counts of their partitions added. */
export function listShards(
  progress: MemoryProgress,
  { users, quarantined }: ShardCounts,
): readonly ShardProgress[] {
  return [...progress.shards.keys()]
    .sort((a, b) => a - b)
    .flatMap((shardId) => {
      const standing = findShard(progress, shardId);
      if (standing === undefined) return [];
      const userCount = users.get(shardId) ?? 0;
      return [{ ...standing, userCount, quarantinedCount: quarantined.get(shardId) ?? 0 }];
    });
}

/** A partition by its name. */
export function findPartition(
  { partitions }: MemoryProgress,
  name: string,
): PartitionProgress | undefined {
  const partition = partitions.get(name);
  return partition && { ...partition };
}

/** The partitions of one shard. */
export function listPartitions(
  { partitions }: MemoryProgress,
  shardId: number,
): readonly PartitionProgress[] {
  return [...partitions.values()]
    .filter((partition) => partition.shardId === shardId)
    .sort((a, b) => a.virtualShard - b.virtualShard)
    .map((partition) => ({ ...partition }));
}

/** The finished snapshot of a partition, named as `1/255`: the rows are exact for its height. */
export function findSnapshot(
  { partitions, snapshotTimes }: MemoryProgress,
  name: string,
): { readonly height: bigint; readonly at: Date } | undefined {
  const partition = partitions.get(name);
  const at = partition && snapshotTimes.get(partition.height);
  if (partition?.status !== "done" || at === undefined) return undefined;
  return { height: partition.height, at };
}

function requireUnfinished(
  { partitions }: MemoryProgress,
  { shardId, virtualShards }: SnapshotPlan,
): void {
  for (const virtualShard of virtualShards) {
    if (partitions.get(`${shardId}/${virtualShard}`)?.status !== "done") continue;
    const message = `Partition ${shardId}/${virtualShard} is done; another process has finished it`;
    throw new StorageError("fenced", message);
  }
}

/** Sends partitions to a snapshot; throws `fenced` when one is done, or the shard is elsewhere, and may not be. */
export function planSnapshot(progress: MemoryProgress, plan: SnapshotPlan): void {
  if (plan.isForUnfinished) requireUnfinished(progress, plan);
  const { shardId, height, virtualShards, fromBlock } = plan;
  if (fromBlock !== undefined) requireBlock(progress, { shardId, blockNumber: fromBlock });
  const shard = shardOf(progress, shardId);
  shard.phase = "historical";
  shard.proof = null;
  const hasFollowedBlocks = shard.snapshotHeight !== null;
  for (const virtualShard of virtualShards) {
    const key = `${shardId}/${virtualShard}`;
    const known = progress.partitions.get(key);
    progress.partitions.set(key, {
      shardId,
      virtualShard,
      status: "pending",
      height,
      pageToken: null,
      isRelisted:
        hasFollowedBlocks ||
        (known !== undefined && (known.isRelisted || known.status !== "pending")),
      messageCount: 0n,
      fallbackCount: 0,
      proof: null,
    });
  }
}

/** The partition a page belongs to; throws `fenced` unless it is where the page begins. */
export function partitionOf(
  { partitions }: MemoryProgress,
  page: PageBatch,
): Writable<PartitionProgress> {
  const partition = partitions.get(`${page.shardId}/${page.virtualShard}`);
  if (
    partition !== undefined &&
    partition.status !== "done" &&
    partition.height === page.height &&
    partition.pageToken === page.pageToken
  ) {
    return partition;
  }
  throw new StorageError(
    "fenced",
    `Partition ${page.shardId}/${page.virtualShard} is not at height ${page.height} and the page's token; another process works on it`,
  );
}

/** Moves a partition past a page. */
export function movePage(progress: MemoryProgress, page: PageBatch): void {
  const partition = partitionOf(progress, page);
  partition.status = page.isLast ? "done" : "running";
  progress.snapshotTimes.set(page.height, page.at);
  partition.pageToken = page.nextPageToken;
  partition.messageCount += BigInt(page.messageCount);
  partition.fallbackCount += page.fallbackCount;
  partition.isRelisted ||= page.isRelisted;
  partition.proof = page.proof ?? null;
}

/** Throws `fenced` unless all partitions of a shard are done. */
function requireAllDone({ partitions }: MemoryProgress, shardId: number): void {
  for (const partition of partitions.values()) {
    if (partition.shardId !== shardId || partition.status === "done") continue;
    const message = `Partition ${shardId}/${partition.virtualShard} is not done; another process works on it`;
    throw new StorageError("fenced", message);
  }
}

/**
 * Lets a shard follow blocks after this one; throws `fenced` unless all its partitions are done, and
 * when it follows blocks already.
 */
export function startRealtime(
  progress: MemoryProgress,
  shardId: number,
  blockNumber: bigint,
): void {
  requireAllDone(progress, shardId);
  const shard = shardOf(progress, shardId);
  if (shard.phase === "realtime") {
    const message = `Shard ${shardId} follows blocks already; another process has started it`;
    throw new StorageError("fenced", message);
  }
  shard.phase = "realtime";
  shard.snapshotHeight = blockNumber;
  shard.blockNumber = blockNumber;
}

/** Throws `fenced` unless the shard has followed blocks up to this one. */
export function requireBlock(
  { shards }: MemoryProgress,
  { shardId, blockNumber }: Pick<BlockBatch, "shardId" | "blockNumber">,
): void {
  const shard = shards.get(shardId);
  if (shard?.phase === "realtime" && shard.blockNumber === blockNumber) return;
  throw new StorageError(
    "fenced",
    `Shard ${shardId} is not at block ${blockNumber}; another process works on it`,
  );
}

/** Throws `fenced` unless the shard is where the batch begins. */
export function checkBlocks(progress: MemoryProgress, batch: BlockBatch): void {
  requireBlock(progress, { shardId: batch.shardId, blockNumber: batch.previousBlock });
}

/** Keeps the latest proof of a shard. */
export function recordProof(progress: MemoryProgress, shardId: number, proof: ShardProof): void {
  requireAllDone(progress, shardId);
  shardOf(progress, shardId).proof = proof;
}

/** Moves a shard past a batch of blocks. */
export function moveBlocks(progress: MemoryProgress, batch: BlockBatch): void {
  const shard = shardOf(progress, batch.shardId);
  shard.blockNumber = batch.blockNumber;
  shard.blockTime = batch.blockTime;
  shard.eventId = batch.eventId;
  shard.messageCount += BigInt(batch.messageCount);
}

/** Counts a fault. */
export function recordFault(progress: MemoryProgress, { shardId, isRetried }: SyncFault): void {
  const shard = shardOf(progress, shardId);
  shard.errorCount += 1;
  if (isRetried) shard.retryCount += 1;
}
