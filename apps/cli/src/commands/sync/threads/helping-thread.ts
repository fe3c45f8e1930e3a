import type { Logger, ShardActivity } from "@snaprag/sync";
import type { MirroredNodes } from "./running-sync.ts";
import type { SyncThread } from "./sync-thread.ts";
import { startThread } from "./sync-thread.ts";
import type { ThreadJob } from "./thread-messages.ts";

/**
 * Leaves to come from which on help is worth its start: what V8 compiles, it compiles for each thread
 * anew, on cores that all share.
 */
const HELPED_LEAVES = 2_000_000;

/** What a thread that helps is started with. */
export interface HelpingThreadOptions {
  readonly job: ThreadJob;
  readonly logger: Logger;
  /**
   * Leaves to come from which on it is.
   *
   * @default 2_000_000
   */
  readonly helpedLeaves?: number | undefined;
}

/** A thread that may help those that lead shards with their downloads. */
export interface HelpingThread {
  /** Looks whether there is much to load, as one that leads tells. The first time, has it start. */
  consider(shards: readonly ShardActivity[], nodes: MirroredNodes): void;
  /** How far it has come; once it has ended, its failures alone. */
  shards(): readonly ShardActivity[];
  stop(): void;
  /** Resolves when it does not run. */
  settle(): Promise<void>;
}

/** Leaves that are still to be downloaded, over all shards, as one thread knows. */
function countLeavesToCome(shards: readonly ShardActivity[]): number {
  return shards
    .filter(({ phase, partitionsTotal }) => phase === "historical" && partitionsTotal > 0)
    .map(({ expectedCount, entryCount, partitionsFound, partitionsTotal }) =>
      Math.max(0, expectedCount * (1 - partitionsFound / partitionsTotal) - entryCount),
    )
    .reduce((sum, count) => sum + count, 0);
}

function onlyFailures(shard: ShardActivity): ShardActivity {
  const nothing = { partitionsDone: 0, partitionsFound: 0, expectedCount: 0 };
  return { ...shard, ...nothing, entryCount: 0, messageCount: 0 };
}

/**
 * Creates a thread that starts, once, when there is much to load, and ends by itself with the first load.
 * Those that lead do without it should it fail.
 */
export function createHelpingThread(options: HelpingThreadOptions): HelpingThread {
  const { job, logger, helpedLeaves = HELPED_LEAVES } = options;
  let thread: SyncThread | undefined;
  let isStopped = false;
  let isOver = false;
  let ended = Promise.resolve();

  /** Shard 0 has no partitions, and a standby may have more shards than are mirrored. */
  function start(shards: readonly ShardActivity[], nodes: MirroredNodes): void {
    const shardIds = shards.map(({ shardId }) => shardId).filter((shardId) => shardId !== 0);
    thread = startThread({ ...job, shardIds, untilSynced: true }, { logger });
    thread.tell(nodes);
    ended = thread.ended
      .catch((error: unknown) => logger.warn({ err: error }, "going on without the helping thread"))
      .finally(() => {
        isOver = true;
      });
  }

  return {
    consider(shards, nodes) {
      if (thread === undefined && !isStopped && countLeavesToCome(shards) >= helpedLeaves) {
        start(shards, nodes);
      }
    },
    shards() {
      const told = thread?.shards() ?? [];
      return isOver ? told.map(onlyFailures) : told;
    },
    stop() {
      isStopped = true;
      thread?.tell("stop");
    },
    settle: () => ended,
  };
}
