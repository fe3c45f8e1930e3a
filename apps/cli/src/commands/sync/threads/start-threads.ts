import { availableParallelism } from "node:os";
import type { SyncPreparation } from "../sync-preparation.ts";
import { createHelpingThread } from "./helping-thread.ts";
import type { MirroredNodes, PreparedSync, RunningSync } from "./running-sync.ts";
import { startThread } from "./sync-thread.ts";
import type { ThreadCounts } from "./thread-count.ts";

/** What the threads have in common, and how many there are. */
export interface ThreadsOptions extends SyncPreparation {
  readonly counts: ThreadCounts;
  /**
   * Leaves to come from which on one that may help does.
   *
   * @default 2_000_000
   */
  readonly helpedLeaves?: number | undefined;
}

/**
 * Starts the threads that divide the shards among them, which load what they need and wait to be told of
 * the nodes. One of them that cannot go on has `ended` reject at once. Where one may help, it is
 * started when there is seen to be much to load.
 */
export function startThreads(options: ThreadsOptions): PreparedSync {
  const { job, counts, logger, signal, helpedLeaves } = options;
  const areCoresBusy = counts.atMost > 1 || availableParallelism() === 1;
  const jobOf = (number: number) => ({ ...job, thread: { ...counts, number, areCoresBusy } });
  const helper =
    counts.atMost > counts.leaders
      ? createHelpingThread({ job: jobOf(counts.leaders), logger, helpedLeaves })
      : undefined;
  let nodes: MirroredNodes | undefined;
  const leaders = Array.from({ length: counts.leaders }, (_, number) =>
    startThread(jobOf(number), {
      logger,
      onProgress: (shards) => nodes && helper?.consider(shards, nodes),
    }),
  );
  const stop = () => {
    for (const leader of leaders) leader.tell("stop");
    helper?.stop();
  };
  signal.addEventListener("abort", stop, { once: true });
  const ended = Promise.all(leaders.map((leader) => leader.ended)).then(() => undefined);
  // Whoever has failed already does not ask any more.
  ended.catch(() => undefined);

  async function dispose(): Promise<void> {
    signal.removeEventListener("abort", stop);
    stop();
    await Promise.allSettled([...leaders.map((leader) => leader.ended), helper?.settle()]);
  }

  const running: RunningSync = {
    ended,
    progress: () => ({
      led: leaders.map((leader) => leader.shards()),
      helped: helper?.shards() ?? [],
    }),
    silentMs: () => Math.max(...leaders.map((leader) => leader.silentMs())),
    [Symbol.asyncDispose]: dispose,
  };
  return {
    async begin(_, found) {
      nodes = found;
      for (const leader of leaders) leader.tell(found);
      return running;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
