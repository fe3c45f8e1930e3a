// One shard from nothing to following its blocks, through everything that can be survived.
import type { NodeClient } from "@snaprag/client";
import { blockOfPosition } from "@snaprag/processors";
import { SyncError } from "../../errors.ts";
import { downloadShard } from "../../historical/download-shard.ts";
import { createBacklog } from "../../proof/live/backlog.ts";
import { followShard } from "../../realtime/follow-shard.ts";
import { findFirstKeyBlock } from "../../realtime/keys/find-first-key-block.ts";
import { followKeyBlocks } from "../../realtime/keys/follow-key-blocks.ts";
import { expectReadBefore, noteReadUpTo } from "../end/expect-ahead.ts";
import type { NodeFacts } from "../nodes/inspect-node.ts";
import { untilDone } from "../survive.ts";
import type { SyncRun } from "../sync-run.ts";
import { awaitOthers } from "./await-others.ts";
import { findProgress } from "./find-progress.ts";
import { createGapCloser } from "./gap/close-gap.ts";
import type { ShardSurroundings } from "./shard-surroundings.ts";
import { awaitLead } from "./stand-by.ts";

/** The block that a shard without a snapshot starts after; undefined when it is to have one. */
function startWithoutSnapshot(
  { options }: SyncRun,
  { heights }: NodeFacts,
  shardId: number,
): bigint | undefined {
  if (options.fromEventId > 0n) return blockOfPosition(options.fromEventId) - 1n;
  return options.mode === "realtime" ? (heights.get(shardId) ?? 0n) : undefined;
}

/** Brings a data shard through its historical phase, if it is in it or has never begun. */
async function completeHistory(
  run: SyncRun,
  shardId: number,
  { limits, facts }: ShardSurroundings,
): Promise<void> {
  const progress = await findProgress(run, shardId);
  const activity = run.activity.of(shardId);
  activity.messageCount = Number(progress?.messageCount ?? 0n);
  if (progress?.phase === "realtime") return;
  // Not whether there is progress: a fault before the start is counted in it too. One that followed
  // blocks and lost some is downloaded, however it began.
  const hasFollowed = progress !== undefined && progress.snapshotHeight !== null;
  const isBegun = hasFollowed || (await run.store.listPartitions(shardId)).length > 0;
  const start = isBegun ? undefined : startWithoutSnapshot(run, facts, shardId);
  const height = start ?? (await downloadShard(run, shardId, limits));
  if (start === undefined) await awaitOthers(run, shardId);
  run.logger.info({ shardId, height }, "preparing to follow blocks");
  await run.store.startRealtime(shardId, height, run.signal);
  // What others have downloaded is only in the store.
  activity.messageCount = Number((await findProgress(run, shardId))?.messageCount ?? 0n);
  run.logger.info({ shardId, height }, "history complete");
}

/** Tells when no node can be expected to have the next events: another one may keep them longer. */
function createExpiry({ nodes }: SyncRun, shardId: number) {
  const expired = new Set<NodeClient>();
  return {
    /** To be asked after each expired cursor. True when every node was asked, or one twice. */
    isSure(): boolean {
      const node = nodes.of(shardId);
      const isSure = expired.has(node) || expired.size + 1 >= nodes.size;
      if (isSure) expired.clear();
      else expired.add(node);
      return isSure;
    },
  };
}

/** Leaves a shard that has come to the end of the run, also to others that have yet to see that it has. */
async function leaveAtEnd(run: SyncRun, shardId: number): Promise<void> {
  const { end, membership, logger, activity } = run;
  const { blockNumber } = activity.of(shardId);
  expectReadBefore(end, shardId, blockNumber);
  await membership.giveBack(shardId);
  logger.info({ shardId, blockNumber }, "the end of the run is reached");
  end.reached.add(shardId);
  run.onEndReached();
}

/** Keeps a data shard in step with the node, until the run ends, or sees to it that another does. */
export async function syncDataShard(
  run: SyncRun,
  shardId: number,
  surroundings: ShardSurroundings,
): Promise<void> {
  const expiry = createExpiry(run, shardId);
  const backlog = createBacklog();
  const gaps = createGapCloser(run, shardId);
  await untilDone(run, { shardId }, async (onProgress) => {
    if (!(await awaitLead(run, shardId, surroundings))) return;
    await completeHistory(run, shardId, surroundings);
    const activity = run.activity.of(shardId);
    activity.partitionsDone = activity.partitionsTotal;
    activity.phase = "realtime";
    surroundings.onHistoryDone();
    if (run.options.mode === "historical") return;
    const place = { client: run.nodes.of(shardId), shardId, signal: run.signal };
    await noteReadUpTo(run.end, place, run.store);
    try {
      await followShard(run, { shardId, backlog }, onProgress);
      await leaveAtEnd(run, shardId);
    } catch (error) {
      if (error instanceof SyncError && error.code === "cursor_expired" && expiry.isSure()) {
        await gaps.close(error);
        // All rows are proved after it.
        backlog.clear();
      }
      throw error;
    }
  });
}

async function startKeyBlocks(run: SyncRun, { heights }: NodeFacts): Promise<void> {
  const progress = await findProgress(run, 0);
  run.activity.of(0).messageCount = Number(progress?.messageCount ?? 0n);
  if (progress?.phase === "realtime") return;
  const { signal, network, options, store } = run;
  const client = run.nodes.of(0);
  const newestBlock = heights.get(0) ?? 0n;
  if (options.mode === "realtime") return store.startRealtime(0, newestBlock);
  const [snapshot] = await client.listSnapshots(0, { signal });
  const startBlock = snapshot?.height ?? 0n;
  const until = run.end.until instanceof Date ? run.end.until : undefined;
  const search = { network: network.network, startBlock, newestBlock, until, clock: options.clock };
  const first = await findFirstKeyBlock(client, search, signal);
  await store.startRealtime(0, first > 0n ? first - 1n : 0n);
}

/** Keeps gasless keys in step with shard 0, until the run ends. */
export async function syncBlockShard(run: SyncRun, surroundings: ShardSurroundings): Promise<void> {
  await untilDone(run, { shardId: 0 }, async (onProgress) => {
    if (!(await awaitLead(run, 0, surroundings))) return;
    await startKeyBlocks(run, surroundings.facts);
    run.activity.of(0).phase = "realtime";
    if ((await followKeyBlocks(run, onProgress)) === "at the end") await leaveAtEnd(run, 0);
  });
}
