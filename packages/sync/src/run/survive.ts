// Going on after failures: which ones, how long to wait, and what is kept of them.
import type { Clock } from "@snaprag/client";
import { NodeClientError, sleep } from "@snaprag/client";
import { StorageError } from "@snaprag/storage";
import { isFatal, isSilent, SyncError } from "../errors.ts";
import type { SyncRun } from "./sync-run.ts";

/** Longest wait before a first new try; each further failure in a row doubles it. */
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** How often in a row each node may say nothing before others may try with theirs. */
const PATIENT_FAILURES = 3;

/** Where something is being done, for the record of its faults. */
export interface Place {
  readonly shardId: number;
  readonly virtualShard?: number | undefined;
}

function codeOf(error: unknown): string {
  if (error instanceof NodeClientError) return error.code;
  if (error instanceof StorageError) return error.code;
  return error instanceof SyncError ? error.code : "unknown";
}

/**
 * Counts a failure in activity, log and store.
 *
 * The store may be what fails, so that its record is an attempt: the count in memory stands.
 */
async function recordFailure(run: SyncRun, place: Place, error: unknown): Promise<void> {
  const { shardId, virtualShard } = place;
  const code = codeOf(error);
  const activity = run.activity.of(shardId);
  activity.errorCount += 1;
  activity.retryCount += 1;
  run.logger.warn({ shardId, virtualShard, code, err: error }, "failed, trying again");
  const message = error instanceof Error ? error.message : String(error);
  const fault = { shardId, virtualShard: virtualShard ?? null, code, message, isRetried: true };
  try {
    await run.store.recordFault(fault);
  } catch (cause) {
    run.logger.debug({ shardId, err: cause }, "fault not recorded");
  }
}

/**
 * Lets another process have a piece of work that no node of this one answers for, if one asks while this
 * one waits. What a node refuses is no reason: others may meet with the same, and would begin to count.
 */
async function giveBack(run: SyncRun, { shardId, virtualShard }: Place): Promise<void> {
  // The store may fail as well, and then nobody can take anything.
  await run.membership.giveBack(shardId, virtualShard).catch(() => undefined);
}

/** Waits a random part of a time that doubles with every failure in a row. */
export async function backOff(
  failureCount: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  const limit = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (failureCount - 1));
  await sleep(Math.random() * limit, signal, clock);
}

/**
 * Runs work again and again until it succeeds, with a wait after each failure.
 *
 * `work` reports progress by calling `onProgress`, which ends a row of failures. When the failure is
 * the node's, the next try is made at another one; where none answers, another process may take the work
 * over. Rethrows what is fatal, and the reason of an abort.
 */
export async function untilDone<Result>(
  run: SyncRun,
  place: Place,
  work: (onProgress: () => void) => Promise<Result>,
): Promise<Result> {
  let failureCount = 0;
  let silentCount = 0;
  const onProgress = () => {
    failureCount = 0;
    silentCount = 0;
  };
  while (true) {
    const node = run.nodes.of(place.shardId);
    try {
      return await work(onProgress);
    } catch (error) {
      run.signal.throwIfAborted();
      const hasMoved = await run.nodes.leave(place.shardId, node, error);
      if (isFatal(error) && !hasMoved) throw error;
      failureCount += 1;
      await recordFailure(run, place, error);
      silentCount = isSilent(error) ? silentCount + 1 : 0;
      if (silentCount >= PATIENT_FAILURES * run.nodes.size) await giveBack(run, place);
      await backOff(failureCount, run.signal, run.options.clock);
    }
  }
}
