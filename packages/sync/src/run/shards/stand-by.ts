// What a syncer does while another one has the lead of a shard.
import { sleep } from "@snaprag/client";
import { helpDownload } from "../../historical/download-shard.ts";
import { expectStoredBefore } from "../end/expect-ahead.ts";
import type { SyncRun } from "../sync-run.ts";
import { findProgress } from "./find-progress.ts";
import type { ShardSurroundings } from "./shard-surroundings.ts";

/**
 * Longest time between two questions for the lead, in milliseconds: how long a shard is without one.
 * The first come sooner, since whoever has just been killed seems to live for a moment.
 */
const STAND_BY_MS = 1000;
const FIRST_STAND_BY_MS = 50;
/** As long as there is history to come, which is soon followed by something to do for all. */
const HISTORY_STAND_BY_MS = 100;

/** What is left to do for a shard that another one leads: nothing once this run may end. */
type Remainder = "history" | "blocks" | "nothing";

/** Shows how far the one who leads has come. Returns what is left to do. */
async function watch(
  run: SyncRun,
  shardId: number,
  { facts, onHistoryDone }: ShardSurroundings,
): Promise<Remainder> {
  const progress = await findProgress(run, shardId);
  if (progress?.phase !== "realtime") return "history";
  const place = { client: run.nodes.of(shardId), shardId, signal: run.signal };
  await expectStoredBefore(run.end, place, progress);
  const activity = run.activity.of(shardId);
  activity.phase = "realtime";
  activity.partitionsDone = activity.partitionsTotal;
  activity.blockNumber = progress.blockNumber;
  activity.blockTime = progress.blockTime ?? undefined;
  activity.messageCount = Number(progress.messageCount);
  onHistoryDone();
  if (progress.blockNumber >= (facts.heights.get(shardId) ?? 0n) && !activity.isCaughtUp) {
    activity.isCaughtUp = true;
    run.onCaughtUp();
  }
  if (run.options.mode !== "historical") return "blocks";
  // Blocks of shard 0 are history too, which is for others to read where this one may not. Those may
  // have ended already, before blocks that this one knows of.
  const isOver = shardId !== 0 || activity.isCaughtUp || !run.options.leads(shardId);
  return isOver ? "nothing" : "blocks";
}

/**
 * Waits until this syncer has the lead of a shard, for ever if it may not have it, and downloads partitions of it meanwhile, if
 * there are any to download. Returns false when the run has nothing to do with the shard any more.
 */
export async function awaitLead(
  run: SyncRun,
  shardId: number,
  surroundings: ShardSurroundings,
): Promise<boolean> {
  const { signal } = run;
  let isTold = false;
  let waitMs = FIRST_STAND_BY_MS;
  const mayLead = run.options.leads(shardId);
  while (!(mayLead && (await run.membership.leadShard(shardId)))) {
    if (mayLead && !isTold) {
      run.logger.info({ shardId }, "another process leads this shard, helping");
      isTold = true;
    }
    const remainder = await watch(run, shardId, surroundings);
    if (remainder === "nothing") return false;
    if (remainder === "history" && shardId !== 0) {
      await helpDownload(run, shardId, surroundings.limits);
    }
    await sleep(waitMs, signal, run.options.clock);
    waitMs = Math.min(remainder === "blocks" ? STAND_BY_MS : HISTORY_STAND_BY_MS, 2 * waitMs);
  }
  if (isTold) run.logger.info({ shardId }, "took the lead of this shard");
  return true;
}
