import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { SyncError } from "../../errors.ts";
import { PACKED_BYTES } from "./check-packed.ts";

/** A thread that verifies packed signatures, in the order in which they are given. */
export interface SignatureThread {
  /** Which implementation the thread uses, once it has loaded it. */
  readonly ready: Promise<string>;
  /** Signatures given and not answered yet. */
  readonly load: number;
  /**
   * Gives the thread packed signatures, which are no longer readable here, and waits for its bitmap
   * (see `checkPacked`). Only this wait keeps the process alive, not the thread.
   *
   * @throws {SyncError} `worker_failed` when the thread ends first
   */
  check(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Ends the thread, and what waits for it with `worker_failed`. */
  close(): Promise<void>;
}

/** Somebody who waits for a bitmap. */
interface Waiting {
  readonly count: number;
  readonly resolve: (invalid: Uint8Array) => void;
  readonly reject: (error: SyncError) => void;
}

/**
 * The program of the threads. By name, which leads to the build wherever this file is: threads cannot
 * run the sources, as Node loads no TypeScript in the versions supported.
 */
function findWorker(): string {
  return createRequire(import.meta.url).resolve("@snaprag/sync/signature-worker");
}

/**
 * Starts a thread. `onEnd` is called when it has ended, whatever the reason, before what waits for it
 * fails; it must be given nothing from then on.
 */
export function startSignatureThread(onEnd: () => void): SignatureThread {
  // The flags of this process would be the thread's too, and may be of no use to it: loaders, or
  // conditions under which it would find sources.
  const worker = new Worker(findWorker(), { name: "signatures", execArgv: [] });
  const waiting: Waiting[] = [];
  let load = 0;
  let isClosing = false;
  let cause: unknown;

  const unrefWhenIdle = () => {
    if (waiting.length === 0) worker.unref();
  };
  const ready = new Promise<string>((resolve, reject) => {
    worker.once("message", (name: string) => {
      worker.on("message", (invalid: Uint8Array) => {
        const answered = waiting.shift();
        load -= answered?.count ?? 0;
        unrefWhenIdle();
        answered?.resolve(invalid);
      });
      unrefWhenIdle();
      resolve(name);
    });
    worker.on("error", (error) => {
      cause = error;
    });
    worker.once("exit", (exitCode) => {
      const message = isClosing
        ? "The signature checker was closed before it answered"
        : `A thread that verifies signatures ended with code ${exitCode}; asked again, another one answers`;
      const error = new SyncError("worker_failed", message, { cause });
      onEnd();
      for (const { reject: fail } of waiting.splice(0)) fail(error);
      reject(error);
    });
  });
  // Of a thread that replaces another, nobody asks whether it has started.
  ready.catch(() => undefined);

  return {
    ready,
    get load() {
      return load;
    },
    check: (packed) =>
      new Promise((resolve, reject) => {
        const count = packed.length / PACKED_BYTES;
        load += count;
        waiting.push({ count, resolve, reject });
        worker.ref();
        worker.postMessage(packed, [packed.buffer]);
      }),
    async close() {
      isClosing = true;
      await worker.terminate();
    },
  };
}
