import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Logger, ShardActivity } from "@snaprag/sync";
import { fromPlainError } from "../../../errors/plain-error.ts";
import { logFor } from "./thread-logger.ts";
import type { ThreadJob, ThreadMessage, ThreadOrder } from "./thread-messages.ts";

/**
 * Most of the memory of a thread's young objects, in MiB: twice of what the main thread has, and cannot
 * have changed any more. A page is used up in it, instead of being copied out of it first.
 */
const YOUNG_GENERATION_MB = 96;

/** One of the threads of a sync, as the main thread has it. */
export interface SyncThread {
  /** Resolves when it has ended; rejects as soon as it cannot go on. */
  readonly ended: Promise<void>;
  /** How far the shards have come, as it told last. */
  shards(): readonly ShardActivity[];
  /** Milliseconds since it told anything, or was told of the nodes; 0 when it has ended. */
  silentMs(): number;
  tell(order: ThreadOrder): void;
}

/** Whom a thread tells. */
interface Listeners {
  readonly logger: Logger;
  readonly onProgress?: ((shards: readonly ShardActivity[]) => void) | undefined;
}

/**
 * The program of the threads. By name, which leads to the build wherever this file is: threads cannot
 * run the sources, as Node loads no TypeScript in the versions supported.
 */
function findProgram(): string {
  return createRequire(import.meta.url).resolve("@snaprag/cli/sync-worker");
}

/** Starts a thread, which loads what it needs and waits to be told of the nodes. */
export function startThread(job: ThreadJob, { logger, onProgress }: Listeners): SyncThread {
  // The flags of this process would be the thread's too, and may be of no use to it.
  const worker = new Worker(findProgram(), {
    name: "sync",
    workerData: job,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let shards: readonly ShardActivity[] = [];
  let heardAt: number | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    worker.on("message", (message: ThreadMessage) => {
      heardAt = performance.now();
      if (message.kind === "log") logFor(logger, message);
      else if (message.kind === "failed") reject(fromPlainError(message.error));
      else {
        shards = message.shards;
        onProgress?.(shards);
      }
    });
    worker.once("error", reject);
    worker.once("exit", (exitCode) => {
      heardAt = undefined;
      if (exitCode === 0) resolve();
      else reject(new Error(`A thread of the sync ended with code ${exitCode}`));
    });
  });
  return {
    ended,
    shards: () => shards,
    silentMs: () => (heardAt === undefined ? 0 : performance.now() - heardAt),
    tell(order) {
      heardAt ??= performance.now();
      worker.postMessage(order);
    },
  };
}
