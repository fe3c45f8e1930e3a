import { NodeClientError } from "@snaprag/client";
import { StorageError } from "@snaprag/storage";

/**
 * Why a sync cannot go on.
 *
 * - `no_replication`: the node does not offer snapshots; use one with `replication.enable`.
 * - `unknown_shard`: the node does not host a shard that was asked for.
 * - `unknown_network`: the node holds no block that says which network it is of.
 * - `no_snapshot`: the node holds no snapshot of a shard just now that would do; it takes one with a
 *   later block.
 * - `node_behind`: the node has not reached the block of the snapshot that is read, or of the rows
 *   that are compared with it. The sync tries again, at another node if there is one.
 * - `cursor_expired`: the node no longer has the events after the last block applied. The sync
 *   answers it itself, by reading again what blocks since have changed; a comparison cannot tell then what the node
 *   has changed since.
 * - `incomplete_block`: the node has fewer events of a block than the block says.
 * - `malformed_snapshot`: the node lists leaves twice, out of order or in a wrong partition.
 * - `uncommitted_block`: a block that a root stands in was not committed by its validators.
 * - `stream_ended`: the node hung up, or has nothing new for longer than blocks take. The sync connects
 *   again, to another node if there is one.
 * - `end_passed`: a run that is to end at a time or block cannot: what is stored, or what a download
 *   reads, is later.
 * - `worker_failed`: a thread that verifies signatures ended before it answered, or could not start.
 *   The next call starts another in its place.
 */
export type SyncErrorCode =
  | "no_replication"
  | "unknown_shard"
  | "unknown_network"
  | "no_snapshot"
  | "node_behind"
  | "cursor_expired"
  | "incomplete_block"
  | "malformed_snapshot"
  | "uncommitted_block"
  | "stream_ended"
  | "end_passed"
  | "worker_failed";

/** What a node may come to by itself, and what another connection or thread may mend. */
const RETRYABLE: ReadonlySet<SyncErrorCode> = new Set([
  "unknown_network",
  "no_snapshot",
  "node_behind",
  "stream_ended",
  "worker_failed",
]);

/** What is known about a failure besides its code. */
export interface SyncErrorOptions {
  /** What was thrown below. */
  readonly cause?: unknown;
  /** Which shard it is about, where it is about one. */
  readonly shardId?: number | undefined;
  /** First block whose events the node still has, for `cursor_expired`. */
  readonly firstBlock?: bigint | undefined;
}

/** A sync cannot go on as it is. Branch on {@link code}, never on the message. */
export class SyncError extends Error {
  override readonly name = "SyncError";
  readonly code: SyncErrorCode;
  /** True when the same call may succeed later without changing it, with the same node. */
  readonly retryable: boolean;
  readonly shardId: number | undefined;
  /** First block whose events the node still has, with `cursor_expired`. */
  readonly firstBlock: bigint | undefined;

  constructor(code: SyncErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(`[${code}] ${message}`, { cause: options.cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.shardId = options.shardId;
    this.firstBlock = options.firstBlock;
  }
}

/** The node dropped what came after a block before it was read. */
export function cursorExpired(shardId: number, expected: bigint, found: bigint): SyncError {
  return new SyncError(
    "cursor_expired",
    `The node has events of shard ${shardId} from block ${found} on, block ${expected} is gone`,
    { shardId, firstBlock: found },
  );
}

/** Whether a node gave no answer that a proof could be made of; it may give one later. */
export function isUnanswered(error: unknown): error is NodeClientError | SyncError {
  if (error instanceof NodeClientError) return error.code !== "cancelled";
  return (
    error instanceof SyncError && (error.code === "node_behind" || error.code === "cursor_expired")
  );
}

/** Whether a node said nothing at all, or hung up. */
export function isSilent(error: unknown): boolean {
  if (error instanceof SyncError) return error.code === "stream_ended";
  if (!(error instanceof NodeClientError)) return false;
  return error.code === "unavailable" || error.code === "deadline_exceeded";
}

/** Node answers that no waiting changes: the request itself, or the node, is the wrong one. */
const HOPELESS_NODE_CODES: ReadonlySet<string> = new Set([
  "unauthenticated",
  "unimplemented",
  "unknown_shard",
  "cancelled",
]);

/** Whether trying again cannot help, so that the run has to end and say why. */
export function isFatal(error: unknown): boolean {
  // Where another process was faster, the next try begins where that one has come.
  if (error instanceof StorageError) return !error.retryable && error.code !== "fenced";
  if (error instanceof NodeClientError) return HOPELESS_NODE_CODES.has(error.code);
  return !(error instanceof SyncError) || error.code === "end_passed";
}
