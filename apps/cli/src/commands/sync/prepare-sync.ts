import type { SyncPreparation } from "./sync-preparation.ts";
import type { PreparedSync } from "./threads/running-sync.ts";
import { startThreads } from "./threads/start-threads.ts";
import { shareOfTarget, threadCountsOf } from "./threads/thread-count.ts";

/**
 * Prepares a sync: with a server in threads, which load what they need while the node and the database
 * are found, with an embedded database where its one session is.
 */
export function prepareSync(preparation: SyncPreparation): PreparedSync {
  const { job, logger, signal } = preparation;
  const { target } = job;
  if (target.kind === "server") {
    const counts = threadCountsOf(job.settings, target);
    const share = { ...job, target: shareOfTarget(target, counts) };
    return startThreads({ job: share, counts, logger, signal });
  }
  return {
    async begin(database, nodes) {
      const { syncHere } = await import("./syncer/sync-here.ts");
      return syncHere(preparation, { database, nodes });
    },
    // It is where whoever began it looks after it.
    async [Symbol.asyncDispose]() {},
  };
}
