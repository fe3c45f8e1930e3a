// Whether an end can be met: what is stored, or what is to be downloaded, may be past it.
import type { NodeClient } from "@snaprag/client";
import { blockOfPosition } from "@snaprag/processors";
import type { ShardStanding, Store } from "@snaprag/storage";
import { SyncError } from "../../errors.ts";
import type { ResolvedSyncerOptions } from "../../options.ts";
import { readKeyBlockTime } from "../../realtime/keys/find-first-key-block.ts";
import { readBlock } from "../../realtime/read-blocks.ts";
import type { RunEnd } from "./run-end.ts";

/** One shard at a node. */
export interface ShardAtNode {
  readonly client: NodeClient;
  readonly shardId: number;
  readonly signal: AbortSignal;
}

/** Time of a block; undefined when the node does not have it any more. */
async function findTime(
  { client, shardId, signal }: ShardAtNode,
  blockNumber: bigint,
): Promise<Date | undefined> {
  if (blockNumber === 0n) return undefined;
  if (shardId === 0) return readKeyBlockTime(client, blockNumber, signal);
  const source = { client, shardId, firstBlock: blockNumber, signal, onTip: () => undefined };
  try {
    return (await readBlock(source, blockNumber)).at;
  } catch (error) {
    if (error instanceof SyncError && error.code === "cursor_expired") return undefined;
    throw error;
  }
}

function endPassed(shardId: number, blockNumber: bigint, what: string): SyncError {
  return new SyncError(
    "end_passed",
    `The end of the run is before block ${blockNumber} of shard ${shardId}, ${what}`,
    { shardId },
  );
}

/** A block that an end must not be before. */
interface LeastEnd {
  readonly blockNumber: bigint;
  /** Time of the block; asked for when it is not known. */
  readonly at?: Date | null | undefined;
  /** What of the block makes it so, for a person to read. */
  readonly what: string;
}

/**
 * Throws where a run ends before a block. Of one whose time nobody knows any more, nothing is said.
 *
 * @throws {SyncError} `end_passed`
 */
async function expectNotBefore(
  end: RunEnd,
  shard: ShardAtNode,
  { blockNumber, at, what }: LeastEnd,
): Promise<void> {
  const isByTime = end.until instanceof Date;
  const time = at ?? (isByTime ? await findTime(shard, blockNumber) : undefined);
  if (time === undefined && isByTime) return;
  const isPast = end.isPast(shard.shardId, { blockNumber, at: time ?? new Date(0) });
  if (isPast) throw endPassed(shard.shardId, blockNumber, what);
}

/**
 * Throws where what is stored of a shard is past the end already.
 *
 * @throws {SyncError} `end_passed`
 */
export async function expectStoredBefore(
  end: RunEnd,
  shard: ShardAtNode,
  { blockNumber, blockTime }: Pick<ShardStanding, "blockNumber" | "blockTime">,
): Promise<void> {
  if (end.until === undefined || blockNumber === 0n) return;
  await expectNotBefore(end, shard, { blockNumber, at: blockTime, what: "which is stored" });
}

/**
 * Throws where the block that a shard goes on from is past the end.
 *
 * @throws {SyncError} `end_passed`
 */
export function expectStartBefore(
  end: RunEnd,
  shardId: number,
  { blockNumber, at, what }: LeastEnd & { readonly at: Date },
): void {
  if (end.isPast(shardId, { blockNumber, at })) throw endPassed(shardId, blockNumber, what);
}

/** Whether a shard has its history, and followed no block since. */
async function isFresh(store: Store, standing: ShardStanding): Promise<boolean> {
  const { shardId, blockNumber, snapshotHeight } = standing;
  if (blockNumber !== snapshotHeight) return false;
  return (await store.listPartitions(shardId)).length > 0;
}

const READ_BY_CALLS = "the node's newest, of which what calls tell of its history may be";

/** What a run is about to begin with. */
export interface BeginningRun {
  readonly end: RunEnd;
  readonly options: Pick<ResolvedSyncerOptions, "store" | "mode" | "fromEventId">;
  /** The node's newest block of every shard. */
  readonly heights: ReadonlyMap<number, bigint>;
}

/** The block that the end of a shard must not be before. */
async function findLeastEnd(
  { options, heights }: BeginningRun,
  shardId: number,
): Promise<LeastEnd | undefined> {
  const { store, mode, fromEventId } = options;
  const newest = heights.get(shardId) ?? 0n;
  const standing = await store.findShard(shardId);
  if (standing?.phase === "realtime" && !(await isFresh(store, standing))) {
    const { blockNumber, blockTime } = standing;
    return { blockNumber, at: blockTime, what: "which is stored" };
  }
  const isBegun = standing?.snapshotHeight != null || (await isPlanned(store, shardId));
  if (!isBegun && fromEventId > 0n && shardId !== 0) {
    const blockNumber = blockOfPosition(fromEventId) - 1n;
    return { blockNumber, what: "after which it begins" };
  }
  if (!isBegun && mode === "realtime") {
    return { blockNumber: newest, what: "the node's newest, after which it begins" };
  }
  // Nothing of shard 0 is read by calls.
  return shardId === 0 ? undefined : { blockNumber: newest, what: READ_BY_CALLS };
}

async function isPlanned(store: Store, shardId: number): Promise<boolean> {
  return (await store.listPartitions(shardId)).length > 0;
}

/**
 * Throws where a run cannot come to its end, before it has written anything: where a shard is past it, or
 * has to be downloaded while the node is.
 *
 * A download is no state of one block: names, and parts of accounts that no page serves, are read by
 * calls, which tell the node's present. The events up to that make it one.
 *
 * @throws {SyncError} `end_passed`
 */
export async function expectEndAhead(
  run: BeginningRun,
  shards: readonly ShardAtNode[],
): Promise<void> {
  if (run.end.until === undefined) return;
  for (const shard of shards) {
    const least = await findLeastEnd(run, shard.shardId);
    if (least !== undefined) await expectNotBefore(run.end, shard, least);
  }
}

/** Notes up to which block calls may have told of a shard, as of now. */
export async function noteReadByCalls(
  end: RunEnd,
  { client, shardId, signal }: ShardAtNode,
): Promise<void> {
  if (end.until === undefined) return;
  const { shardInfos } = await client.hub.getInfo({}, { signal });
  const newest = shardInfos.find((each) => each.shardId === shardId)?.maxHeight ?? 0n;
  end.readUpTo.set(shardId, newest);
}

/** As {@link noteReadByCalls}, where the history of a shard is complete just now. */
export async function noteReadUpTo(end: RunEnd, shard: ShardAtNode, store: Store): Promise<void> {
  if (end.until === undefined) return;
  const standing = await store.findShard(shard.shardId);
  if (standing === undefined || !(await isFresh(store, standing))) return;
  await noteReadByCalls(end, shard);
}

/**
 * Throws where a shard has come to the end before it has come to what calls may have told of.
 *
 * @throws {SyncError} `end_passed`
 */
export function expectReadBefore(end: RunEnd, shardId: number, lastBlock: bigint): void {
  const read = end.readUpTo.get(shardId) ?? 0n;
  if (lastBlock < read) throw endPassed(shardId, read, READ_BY_CALLS);
}
