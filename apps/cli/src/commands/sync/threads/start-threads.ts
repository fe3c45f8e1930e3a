import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Logger, ShardActivity } from "@snaprag/sync";
import { fromPlainError } from "../../../errors/plain-error.ts";
import { logFor } from "./thread-logger.ts";
import type { ThreadJob, ThreadMessage } from "./thread-messages.ts";

/** Threads that sync beside the main one. Disposing stops them and waits for that. */
export interface SyncThreads extends AsyncDisposable {
  /** Resolves when all have ended; rejects as soon as one cannot go on. */
  readonly ended: Promise<void>;
  /** How far each of them has come. */
  progress(): readonly (readonly ShardActivity[])[];
}

/** What the threads have in common. */
export interface ThreadsOptions {
  readonly job: Omit<ThreadJob, "thread">;
  /** Threads in all, the main one included. */
  readonly count: number;
  readonly logger: Logger;
  /** Stops them. */
  readonly signal: AbortSignal;
}

/**
 * The program of the threads. By name, which leads to the build wherever this file is: threads cannot
 * run the sources, as Node loads no TypeScript in the versions supported.
 */
function findProgram(): string {
  return createRequire(import.meta.url).resolve("@snaprag/cli/sync-thread");
}

/** Starts all threads but the main one. */
export function startThreads({ job, count, logger, signal }: ThreadsOptions): SyncThreads {
  const threads = Array.from({ length: count - 1 }, (_, index) =>
    startThread({ ...job, thread: { number: index + 1, count } }, logger),
  );
  const stop = () => {
    for (const thread of threads) thread.stop();
  };
  signal.addEventListener("abort", stop, { once: true });
  const ended = Promise.all(threads.map((thread) => thread.ended)).then(() => undefined);
  // Whoever has failed already does not ask any more.
  ended.catch(() => undefined);
  return {
    ended,
    progress: () => threads.map((thread) => thread.shards()),
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", stop);
      stop();
      await Promise.allSettled(threads.map((thread) => thread.ended));
    },
  };
}

interface SyncThread {
  readonly ended: Promise<void>;
  shards(): readonly ShardActivity[];
  stop(): void;
}

function startThread(job: ThreadJob, logger: Logger): SyncThread {
  // The flags of this process would be the thread's too, and may be of no use to it.
  const worker = new Worker(findProgram(), { name: "sync", workerData: job, execArgv: [] });
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
  return { ended, shards: () => shards, stop: () => worker.postMessage("stop") };
}
