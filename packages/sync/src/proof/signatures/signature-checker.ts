// Signatures of messages, verified on all cores while the main thread does something else.
import { availableParallelism } from "node:os";
import type { Message } from "@snaprag/proto";
import { expectPositiveInteger } from "../../options.ts";
import { isMarked } from "./check-packed.ts";
import { canBeValid, packSignatures } from "./pack-signatures.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { createThreadPool } from "./thread-pool.ts";

/** Most signatures that a thread is given in one go: some 20 ms of work. */
const MAX_CHUNK_SIZE = 256;
/** Fewer than these cost less to verify than they would gain by being divided further. */
const MIN_CHUNK_SIZE = 32;

/** Options of {@link createSignatureChecker}. */
export interface SignatureCheckerOptions {
  /**
   * Threads that verify, beside the main thread.
   *
   * @default the number of cores, as `os.availableParallelism()` counts them
   */
  readonly threadCount?: number | undefined;
}

/** Verifies signatures of messages beside the main thread. */
export interface SignatureChecker extends AsyncDisposable {
  /** Which implementation does the arithmetic, for logs. */
  readonly name: string;
  /** In how many threads it does. */
  readonly threadCount: number;
  /**
   * Indexes, ascending, of the messages whose signature is not their signer's over their hash, as
   * strictly as a node verifies it (docs/protocol.md 4.1). A scheme other than ED25519 counts as
   * invalid, and so does a hash, signature or signer of another length than 20, 64 and 32 bytes. The
   * hash itself is not checked against the data.
   *
   * The messages are held until they have been verified, and must not change before: to keep memory
   * bounded, await the answer before asking for more. Several callers share the threads in turn.
   *
   * @throws {SyncError} `worker_failed` when a thread that had part in it ended. The next call starts
   * another in its place. Also after, and because of, {@link close}.
   */
  findInvalid(messages: readonly Message[]): Promise<readonly number[]>;
  /** Ends all threads. Without it, idle threads end with the process, which they do not hold up. */
  close(): Promise<void>;
}

/** A message whose signature is worth the arithmetic. */
interface Candidate {
  /** Among the messages that were asked about. */
  readonly index: number;
  readonly message: Message;
}

/** Which messages are worth the arithmetic, and indexes of those that are invalid without it. */
function sortOut(messages: readonly Message[]): {
  readonly invalid: number[];
  readonly candidates: readonly Candidate[];
} {
  const invalid: number[] = [];
  const candidates: Candidate[] = [];
  for (const [index, message] of messages.entries()) {
    if (canBeValid(message)) candidates.push({ index, message });
    else invalid.push(index);
  }
  return { invalid, candidates };
}

/** Adds the indexes of those that a bitmap says are invalid. */
function collectMarked(invalid: number[], chunk: readonly Candidate[], bitmap: Uint8Array): void {
  for (const [position, { index }] of chunk.entries()) {
    if (isMarked(bitmap, position)) invalid.push(index);
  }
}

/**
 * Starts threads that verify signatures, by the addon `sodium-native` where it is installed and by
 * WebAssembly otherwise. Resolves when all are ready.
 *
 * @throws {SyncError} `worker_failed` when a thread does not start
 * @throws {TypeError} when `threadCount` is not a positive integer
 */
export async function createSignatureChecker(
  options: SignatureCheckerOptions = {},
): Promise<SignatureChecker> {
  const { threadCount = availableParallelism() } = options;
  const pool = createThreadPool(expectPositiveInteger("threadCount", threadCount));
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= pool.close();
    return closing;
  };

  return {
    name: await startOrClose(pool),
    threadCount,
    async findInvalid(messages) {
      pool.start();
      const { invalid, candidates } = sortOut(messages);
      const chunks = cutChunks(candidates, threadCount);
      const bitmaps = await pool.checkAll(chunks.map((chunk) => () => packSignatures(chunk)));
      for (const [nth, bitmap] of bitmaps.entries()) {
        collectMarked(invalid, chunks[nth] ?? [], bitmap);
      }
      return invalid.sort((a, b) => a - b);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function startOrClose(pool: ThreadPool): Promise<string> {
  try {
    pool.start();
    return await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Cuts candidates into chunks, so that few of them occupy all threads too. */
function cutChunks(candidates: readonly Candidate[], threadCount: number): Candidate[][] {
  const share = Math.ceil(candidates.length / threadCount);
  const size = Math.min(MAX_CHUNK_SIZE, Math.max(MIN_CHUNK_SIZE, share));
  const chunks: Candidate[][] = [];
  for (let start = 0; start < candidates.length; start += size) {
    chunks.push(candidates.slice(start, start + size));
  }
  return chunks;
}
