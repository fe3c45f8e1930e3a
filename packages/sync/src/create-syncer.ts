import { setMaxListeners } from "node:events";
import type { SyncMembership } from "@snaprag/storage";
import { loadBlake3, loadEd25519 } from "@snaprag/verify";
import { isFatal } from "./errors.ts";
import { createDownloadLimits } from "./historical/plan/download-limits.ts";
import type { ResolvedSyncerOptions, SyncerOptions } from "./options.ts";
import { resolveSyncerOptions } from "./options.ts";
import type { Activity, ShardActivity } from "./progress.ts";
import { createActivity } from "./progress.ts";
import { createMessageChecker } from "./proof/messages/message-checker.ts";
import { validatorsOf } from "./proof/node/create-node-reading.ts";
import type { RunEnd, SyncEnd } from "./run/end/run-end.ts";
import { createRunEnd, expectEnd } from "./run/end/run-end.ts";
import { findSuitable } from "./run/nodes/inspect-node.ts";
import { createNodePool } from "./run/nodes/node-pool.ts";
import { runShards } from "./run/shards/run-shards.ts";
import { createSlowWrites } from "./run/slow-writes.ts";
import { backOff } from "./run/survive.ts";
import type { SyncRun } from "./run/sync-run.ts";

/** How long a sync runs. */
export interface RunOptions {
  /** Ends the run, which then returns. What is committed stays, and the next run goes on from it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to return once every shard that this syncer may lead has applied the node's newest block,
   * and the store has its indexes, instead of following the node for ever.
   *
   * @default false
   */
  readonly untilSynced?: boolean | undefined;
  /**
   * Where the run ends, which then returns: a time, or for each shard that is mirrored the number of its
   * last block. Every block up to there is applied, and none after it, so that the rows are the state at
   * that block; the next run goes on from there. A time in the future is waited for, until a block
   * after it tells that there are no more. Beside {@link untilSynced}, whichever comes first.
   *
   * It cannot be before a block that is stored, nor, where a shard has yet to be downloaded, before the
   * node's newest one until that is done, as a download reads the present too.
   *
   * @default no end
   */
  readonly until?: SyncEnd | undefined;
}

/** Keeps a store in step with a node. */
export interface Syncer {
  /**
   * Downloads what is missing and follows the node, until the signal aborts, or as
   * {@link RunOptions.untilSynced} says. Survives every failure that may pass, once it has begun: also
   * that of the store, whose server may be started anew. Several may run at a time, also in other
   * processes: they share the partitions of a snapshot, one of them follows each shard, and another
   * takes over what one leaves.
   *
   * @throws {SyncError} when the node cannot be mirrored, or with `end_passed` when
   * {@link RunOptions.until} cannot be met: before anything is written, unless it passes during a download
   * @throws {StorageError} such as `locked` when a process has the store for itself, or `connection` at
   * the start
   * @throws {NodeClientError} when the node cannot be reached at the start
   * @throws {TypeError} when {@link RunOptions.until} is no end, or not of all shards, or when the
   * syncer's mode is historical, whose end is that of its snapshots
   */
  run(options?: RunOptions): Promise<void>;
  /** How far each shard has come, as committed. */
  progress(): readonly ShardActivity[];
}

/** Time after which a run that ends counts as one that went well, in milliseconds. */
const LASTING_MS = 60_000;

/** Thrown into a run to end it. */
const FINISHED = Symbol("finished");

/** Ends the run when all shards it may lead are where it is to end, and the indexes are built. */
function createFinishLine(isDone: (shardId: number) => boolean, finishing: Finishing) {
  const { shardIds, finish } = finishing;
  let isLoaded = false;
  const check = () => {
    if (isLoaded && shardIds.every(isDone)) finish();
  };
  return {
    onCaughtUp: check,
    onEndReached: check,
    onLoaded: () => {
      isLoaded = true;
      check();
    },
  };
}

interface Finishing {
  readonly shardIds: readonly number[];
  readonly finish: () => void;
}

interface Session {
  readonly options: ResolvedSyncerOptions;
  readonly membership: SyncMembership;
  readonly activity: Activity;
  readonly controller: AbortController;
  readonly untilSynced: boolean;
  readonly end: RunEnd;
  /** What an earlier session of the run has begun with. */
  readonly begunWith: readonly number[] | undefined;
  readonly onBegun: (shardIds: readonly number[]) => void;
}

/** Looks for a node, binds the store to its network, and runs the shards. */
async function runSession(session: Session): Promise<void> {
  const { options, membership, activity, controller, end, begunWith, onBegun } = session;
  const { store, logger, mode } = options;
  const { signal } = controller;
  const abort = (reason: unknown) => controller.abort(reason);
  const [{ clients, facts, shardIds }, blake3, ed25519] = await Promise.all([
    findSuitable({ options, begunWith, end, signal }),
    loadBlake3(),
    loadEd25519(),
  ]);
  const isDone = (shardId: number) =>
    end.reached.has(shardId) || (session.untilSynced && activity.of(shardId).isCaughtUp);
  const finishLine = createFinishLine(isDone, {
    shardIds: shardIds.filter(options.leads),
    finish: () => {
      if (session.untilSynced || end.until !== undefined) abort(FINISHED);
    },
  });
  const { network } = facts;
  await using checker = await createMessageChecker(options, blake3);
  const run: SyncRun = {
    nodes: createNodePool({ clients, network, logger, signal, clock: options.clock }),
    store,
    membership,
    options,
    shardIds,
    network,
    blake3,
    ed25519,
    validatorSets: validatorsOf(network, options.validatorSets),
    areValidatorsConfigured: options.validatorSets !== undefined,
    checkMessages: checker.check,
    activity,
    shardsBehind: new Set(),
    logger,
    slowWrites: createSlowWrites(options),
    end,
    signal,
    abort,
    ...finishLine,
  };
  // The store may be lost by now, without anybody having asked it for anything.
  signal.throwIfAborted();
  logger.info({ ...network, shardIds, mode }, "run started");
  activity.clear();
  onBegun(shardIds);
  await runShards(run, { facts, limits: createDownloadLimits(options) }, shardIds);
}

/** Joins the store's syncs, and mirrors until the run ends or the store is lost. */
async function runOnce(session: Omit<Session, "membership">): Promise<void> {
  const { options, controller } = session;
  await options.store.migrate(controller.signal);
  const membership = await options.store.joinSync(options.holder, controller.signal);
  membership.lost.catch((error: unknown) => {
    // Said at once: what is going on may take long to end.
    if (!controller.signal.aborted) options.logger.warn({ err: error }, "the store is lost");
    controller.abort(error);
  });
  try {
    await runSession({ ...session, membership });
  } catch (error) {
    // What ended the run, and not what somebody met with who was in the middle of something.
    const reason = controller.signal.aborted ? controller.signal.reason : error;
    if (reason !== FINISHED) throw reason;
  } finally {
    await membership.release();
  }
}

/** One run, from its call to its end. */
interface RunToEnd extends Pick<Session, "options" | "activity" | "untilSynced" | "end"> {
  readonly signal: AbortSignal;
}

/**
 * Begins again when the store is lost, as when its server is started anew: that ends every lock and
 * lease of this process, and what it was doing. What keeps it from beginning at all is for whoever
 * started it, and thrown.
 */
async function runToEnd({ signal, ...run }: RunToEnd): Promise<void> {
  let begun: { readonly at: number; readonly shardIds: readonly number[] } | undefined;
  let failureCount = 0;
  const { clock } = run.options;
  const onBegun = (shardIds: readonly number[]) => {
    begun = { at: clock.elapsed(), shardIds };
  };
  while (!signal.aborted) {
    const triedAt = clock.elapsed();
    const controller = new AbortController();
    const stop = () => controller.abort(signal.reason);
    // Hundreds of partitions may wait at a time, which Node would take for a leak.
    setMaxListeners(0, controller.signal);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await runOnce({ ...run, controller, begunWith: begun?.shardIds, onBegun });
    } catch (error) {
      if (signal.aborted) return;
      if (begun === undefined || isFatal(error)) throw error;
      const hasLasted = begun.at >= triedAt && clock.elapsed() - begun.at > LASTING_MS;
      failureCount = hasLasted ? 1 : failureCount + 1;
      run.options.logger.warn({ err: error }, "beginning again");
      await backOff(failureCount, signal, clock).catch(() => undefined);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

/** Creates a syncer. Inert: nothing is opened or asked before {@link Syncer.run}. */
export function createSyncer(options: SyncerOptions): Syncer {
  const resolved = resolveSyncerOptions(options);
  const activity = createActivity();
  return {
    progress: () => activity.list(),
    async run({ signal = new AbortController().signal, untilSynced = false, until } = {}) {
      const end = createRunEnd(expectEnd(until, resolved.mode));
      activity.clear();
      await runToEnd({ options: resolved, activity, signal, untilSynced, end });
    },
  };
}
