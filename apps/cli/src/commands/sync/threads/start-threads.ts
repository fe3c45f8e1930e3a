import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Logger, ShardActivity } from "@snaprag/sync";
import { fromPlainError } from "../../../errors/plain-error.ts";
import type { SyncPreparation } from "../sync-preparation.ts";
import type { PreparedSync, RunningSync } from "./running-sync.ts";
import { logFor } from "./thread-logger.ts";
import type { ThreadJob, ThreadMessage, ThreadOrder } from "./thread-messages.ts";

/**
 * Most of the memory of a thread's young objects, in MiB: twice of what the main thread has, and cannot
 * have changed any more. A page is used up in it, instead of being copied out of it first.
 */
const YOUNG_GENERATION_MB = 96;

/** What the threads have in common, and how many there are. */
export interface ThreadsOptions extends SyncPreparation {
  readonly count: number;
}

/**
 * The program of the threads. By name, which leads to the build wherever this file is: threads cannot
 * run the sources, as Node loads no TypeScript in the versions supported.
 */
function findProgram(): string {
  return createRequire(import.meta.url).resolve("@snaprag/cli/sync-worker");
}

/**
 * Starts threads, which load what they need and wait to be told of the nodes. One that cannot go on has
 * `ended` reject at once.
 */
export function startThreads({ job, count, logger, signal }: ThreadsOptions): PreparedSync {
  const areCoresBusy = count > 1 || availableParallelism() === 1;
  const threads = Array.from({ length: count }, (_, number) =>
    startThread({ ...job, thread: { number, count, areCoresBusy } }, logger),
  );
  const tellAll = (order: ThreadOrder) => {
    for (const thread of threads) thread.tell(order);
  };
  const stop = () => tellAll("stop");
  signal.addEventListener("abort", stop, { once: true });
  const ended = Promise.all(threads.map((thread) => thread.ended)).then(() => undefined);
  // Whoever has failed already does not ask any more.
  ended.catch(() => undefined);

  async function dispose(): Promise<void> {
    signal.removeEventListener("abort", stop);
    stop();
    await Promise.allSettled(threads.map((thread) => thread.ended));
  }

  const running: RunningSync = {
    ended,
    progress: () => threads.map((thread) => thread.shards()),
    [Symbol.asyncDispose]: dispose,
  };
  return {
    async begin(_, nodes) {
      tellAll(nodes);
      return running;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

interface SyncThread {
  readonly ended: Promise<void>;
  shards(): readonly ShardActivity[];
  tell(order: ThreadOrder): void;
}

function startThread(job: ThreadJob, logger: Logger): SyncThread {
  // The flags of this process would be the thread's too, and may be of no use to it.
  const worker = new Worker(findProgram(), {
    name: "sync",
    workerData: job,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let shards: readonly ShardActivity[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    worker.on("message", (message: ThreadMessage) => {
      if (message.kind === "log") logFor(logger, message);
      else if (message.kind === "progress") shards = message.shards;
      else reject(fromPlainError(message.error));
    });
    worker.once("error", reject);
    worker.once("exit", (exitCode) => {
      if (exitCode === 0) resolve();
      else reject(new Error(`A thread of the sync ended with code ${exitCode}`));
    });
  });
  return { ended, shards: () => shards, tell: (order) => worker.postMessage(order) };
}
