import { setMaxListeners } from "node:events";
import type { SyncMembership } from "@snaprag/storage";
import { loadBlake3, loadEd25519 } from "@snaprag/verify";
import { SyncError } from "./errors.ts";
import { createDownloadLimits } from "./historical/plan/download-limits.ts";
import type { ResolvedSyncerOptions, SyncerOptions } from "./options.ts";
import { resolveSyncerOptions } from "./options.ts";
import type { Activity, ShardActivity } from "./progress.ts";
import { createActivity } from "./progress.ts";
import { createMessageChecker } from "./proof/messages/message-checker.ts";
import { validatorsOf } from "./proof/node/create-node-reading.ts";
import type { NodeFacts } from "./run/inspect-node.ts";
import { inspectNode, requireSnapshots } from "./run/inspect-node.ts";
import { createNodePool } from "./run/node-pool.ts";
import { runShards } from "./run/shards/run-shards.ts";
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
}

/** Keeps a store in step with a node. */
export interface Syncer {
  /**
   * Downloads what is missing and follows the node, until the signal aborts, or as
   * {@link RunOptions.untilSynced} says. Survives every failure that may pass. Several may run at a
   * time, also in other processes: they share the partitions of a snapshot, one of them follows each
   * shard, and another takes over what one leaves.
   *
   * @throws {SyncError} when the node cannot be mirrored
   * @throws {StorageError} such as `locked` when a process has the store for itself
   * @throws {NodeClientError} when the node cannot be reached at the start
   */
  run(options?: RunOptions): Promise<void>;
  /** How far each shard has come, as committed. */
  progress(): readonly ShardActivity[];
}

/** Thrown into a run to end it. */
const FINISHED = Symbol("finished");

function chooseShards(options: ResolvedSyncerOptions, { network, heights }: NodeFacts): number[] {
  const hosted = [...heights.keys()].sort((a, b) => a - b);
  for (const shardId of options.shardIds ?? []) {
    if (!heights.has(shardId)) {
      throw new SyncError(
        "unknown_shard",
        `The node does not host shard ${shardId}. It hosts ${hosted.join(", ")} of a network with ${network.shardCount} data shards`,
        { shardId },
      );
    }
  }
  return options.shardIds ? [...options.shardIds] : hosted;
}

/** Ends the run when all shards it may lead have caught up and the indexes are built, if it is to end. */
function createFinishLine(activity: Activity, shardIds: readonly number[], finish: () => void) {
  let isLoaded = false;
  const check = () => {
    if (isLoaded && shardIds.every((shardId) => activity.of(shardId).isCaughtUp)) finish();
  };
  return {
    onCaughtUp: check,
    onLoaded: () => {
      isLoaded = true;
      check();
    },
  };
}

interface Session {
  readonly options: ResolvedSyncerOptions;
  readonly membership: SyncMembership;
  readonly activity: Activity;
  readonly controller: AbortController;
  readonly untilSynced: boolean;
}

/** Looks at the node, binds the store to its network, and runs the shards. */
async function runSession(session: Session): Promise<void> {
  const { options, membership, activity, controller, untilSynced } = session;
  const { clients, store, logger, mode } = options;
  const [client] = clients;
  const { signal } = controller;
  const abort = (reason: unknown) => controller.abort(reason);
  const facts = await inspectNode(client, signal);
  const shardIds = chooseShards(options, facts);
  if (mode !== "realtime") {
    await requireSnapshots(
      client,
      shardIds.filter((shardId) => shardId !== 0),
      signal,
    );
  }
  await store.bindNetwork(facts.network);
  const finishLine = createFinishLine(activity, shardIds.filter(options.leads), () => {
    if (untilSynced) abort(FINISHED);
  });
  const { network } = facts;
  const blake3 = await loadBlake3();
  const ed25519 = await loadEd25519();
  await using checker = await createMessageChecker(options, blake3);
  const run: SyncRun = {
    nodes: createNodePool({ clients, network, logger, signal }),
    store,
    membership,
    options,
    network,
    blake3,
    ed25519,
    validatorSets: validatorsOf(network, options.validatorSets),
    areValidatorsConfigured: options.validatorSets !== undefined,
    checkMessages: checker.check,
    activity,
    shardsBehind: new Set(),
    logger,
    signal,
    abort,
    ...finishLine,
  };
  logger.info({ ...network, shardIds, mode }, "run started");
  await runShards(run, { facts, limits: createDownloadLimits(options) }, shardIds);
}

/** Creates a syncer. Inert: nothing is opened or asked before {@link Syncer.run}. */
export function createSyncer(options: SyncerOptions): Syncer {
  const resolved = resolveSyncerOptions(options);
  const activity = createActivity();
  return {
    progress: () => activity.list(),
    async run({ signal, untilSynced = false } = {}) {
      const controller = new AbortController();
      const stop = () => controller.abort(signal?.reason);
      if (signal?.aborted) return;
      // Hundreds of partitions may wait at a time, which Node would take for a leak.
      setMaxListeners(0, controller.signal);
      activity.clear();
      signal?.addEventListener("abort", stop, { once: true });
      await resolved.store.migrate();
      const membership = await resolved.store.joinSync(resolved.holder);
      membership.lost.catch((error: unknown) => controller.abort(error));
      try {
        await runSession({ options: resolved, membership, activity, controller, untilSynced });
      } catch (error) {
        const isEnd = signal?.aborted || controller.signal.reason === FINISHED;
        // What ended the run, and not what somebody met with who was in the middle of something.
        if (!isEnd) throw controller.signal.aborted ? controller.signal.reason : error;
      } finally {
        signal?.removeEventListener("abort", stop);
        await membership.release();
      }
    },
  };
}
