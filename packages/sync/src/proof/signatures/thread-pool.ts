import { SyncError } from "../../errors.ts";
import type { SignatureThread } from "./signature-thread.ts";
import { startSignatureThread } from "./signature-thread.ts";

/**
 * Signatures a thread may have before it: some 70 ms of work, so that it has some left while the main
 * thread is busy with a page, and few enough that what is packed stays small.
 */
const MAX_THREAD_LOAD = 1024;

/** Makes packed signatures when there is a thread for them. */
type Pack = () => Uint8Array<ArrayBuffer>;

/** Threads that share a queue of signatures. */
export interface ThreadPool {
  /** Starts the threads that are missing: all at first, later those that have ended. */
  start(): void;
  /** Which implementation the threads use, once all have loaded it. */
  ready(): Promise<string>;
  /**
   * Has what each `pack` gives verified by the least busy thread when its turn has come, and returns
   * the bitmaps (see `checkPacked`) in the same order.
   *
   * @throws {SyncError} `worker_failed` when one of the threads ends first, or none is left; what
   * has not had its turn is not verified then
   */
  checkAll(packs: readonly Pack[]): Promise<Uint8Array[]>;
  /** Ends all threads, and what waits for them with `worker_failed`. */
  close(): Promise<void>;
}

/** What has not had its turn. */
interface Queued {
  readonly pack: Pack;
  readonly resolve: (invalid: Promise<Uint8Array>) => void;
  readonly reject: (error: SyncError) => void;
}

/** Creates a pool without threads. */
export function createThreadPool(threadCount: number): ThreadPool {
  const threads = new Set<SignatureThread>();
  let queue: Queued[] = [];
  let isClosed = false;

  function rejectQueue(message: string): void {
    const error = new SyncError("worker_failed", message);
    for (const { reject } of queue.splice(0)) reject(error);
  }

  function dispatch(): void {
    while (queue.length > 0) {
      const [thread] = [...threads].sort((a, b) => a.load - b.load);
      if (thread === undefined) {
        rejectQueue("No thread that verifies signatures is left; asked again, new ones answer");
        return;
      }
      if (thread.load >= MAX_THREAD_LOAD) return;
      const next = queue.shift();
      next?.resolve(give(thread, next.pack));
    }
  }

  const enqueue = (pack: Pack) =>
    new Promise<Uint8Array>((resolve, reject) => queue.push({ pack, resolve, reject }));

  async function give(thread: SignatureThread, pack: Pack): Promise<Uint8Array> {
    try {
      return await thread.check(pack());
    } finally {
      dispatch();
    }
  }

  return {
    start() {
      if (isClosed) throw new SyncError("worker_failed", "The signature checker is closed");
      while (threads.size < threadCount) {
        const thread = startSignatureThread(() => threads.delete(thread));
        threads.add(thread);
      }
    },
    async ready() {
      const [name] = await Promise.all([...threads].map((thread) => thread.ready));
      return name ?? "none";
    },
    async checkAll(packs) {
      const bitmaps = packs.map(enqueue);
      dispatch();
      try {
        return await Promise.all(bitmaps);
      } catch (error) {
        queue = queue.filter(({ pack }) => !packs.includes(pack));
        throw error;
      }
    },
    async close() {
      isClosed = true;
      rejectQueue("The signature checker was closed before it answered");
      await Promise.all([...threads].map((thread) => thread.close()));
    },
  };
}
