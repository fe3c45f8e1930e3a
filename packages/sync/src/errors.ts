/**
 * Why a sync cannot go on.
 *
 * - `no_replication`: the node does not offer snapshots; use one with `replication.enable`.
 * - `unknown_shard`: the node does not host a shard that was asked for.
 * - `unknown_network`: the node holds no block that says which network it is of.
 * - `no_snapshot`: the node holds no snapshot of a shard just now; it takes one with a later block.
 * - `cursor_expired`: the node no longer has the events after the last block applied. The sync
 *   answers it itself, by downloading a newer snapshot.
 * - `incomplete_block`: the node has fewer events of a block than the block says.
 */
export type SyncErrorCode =
  | "no_replication"
  | "unknown_shard"
  | "unknown_network"
  | "no_snapshot"
  | "cursor_expired"
  | "incomplete_block";

/** What is known about a failure besides its code. */
export interface SyncErrorOptions {
  readonly cause?: unknown;
  readonly shardId?: number | undefined;
}

/** A sync cannot go on as it is. Branch on {@link code}, never on the message. */
export class SyncError extends Error {
  override readonly name = "SyncError";
  readonly code: SyncErrorCode;
  readonly shardId: number | undefined;

  constructor(code: SyncErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(`[${code}] ${message}`, { cause: options.cause });
    this.code = code;
    this.shardId = options.shardId;
  }
}
