import { availableParallelism } from "node:os";
import type { Logger } from "@snaprag/sync";
import type { OpenDatabase } from "../database/open-database.ts";
import { createConfiguredSyncer } from "./configured-syncer.ts";
import { connectNodes } from "./connect-nodes.ts";
import type { RunningSync } from "./threads/running-sync.ts";
import { startThreads } from "./threads/start-threads.ts";
import { shareOfTarget, threadCountOf } from "./threads/thread-count.ts";
import type { ThreadJob } from "./threads/thread-messages.ts";

/** What a sync is started with. */
export interface SyncStart {
  readonly job: Omit<ThreadJob, "thread">;
  readonly database: OpenDatabase;
  readonly logger: Logger;
  /** Stops it. */
  readonly signal: AbortSignal;
}

/** Starts a sync: with a server in threads, with an embedded database where its one session is. */
export function startSync(start: SyncStart): RunningSync {
  const { job, logger, signal } = start;
  const { target } = job;
  if (target.kind === "embedded") return startHere(start);
  const count = threadCountOf(job.settings, target);
  const share = { ...job, target: shareOfTarget(target, count) };
  return startThreads({ job: share, count, logger, signal });
}

function startHere({ job, database, logger, signal }: SyncStart): RunningSync {
  const { endpoints, untilSynced, target: _, ...options } = job;
  const nodes = connectNodes(endpoints, logger);
  const syncer = createConfiguredSyncer({
    ...{ ...options, store: database.store, nodes, logger },
    thread: { number: 0, count: 1, areCoresBusy: availableParallelism() === 1 },
  });
  const leaving = new AbortController();
  const ended = syncer.run({ signal: AbortSignal.any([signal, leaving.signal]), untilSynced });
  return {
    ended,
    progress: () => [syncer.progress()],
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await Promise.allSettled([ended]);
      await nodes[Symbol.asyncDispose]();
    },
  };
}
