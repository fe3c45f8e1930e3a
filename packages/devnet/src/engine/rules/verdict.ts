// How a merge ends (docs/protocol.md 6.2, 6.3).
import type { TypedMessage } from "@snaprag/proto";
import type { MessageRow } from "../state/message-row.ts";
import { compareBytes } from "../state/message-row.ts";
import type { ShardState } from "../state/shard-state.ts";

/** Where and when a message is merged. */
export interface MergeContext {
  readonly state: ShardState;
  readonly blockNumber: bigint;
  /** Farcaster seconds of the block's header. */
  readonly blockTimestamp: bigint;
}

/** The codes that a MERGE_FAILURE event carries. */
export type FailureCode =
  | "bad_request.duplicate"
  | "bad_request.conflict"
  | "bad_request.prunable"
  | "bad_request.validation_failure";

/** The message is merged. */
export interface Accepted {
  readonly accepted: true;
  readonly slot: string;
  /** What it deletes; may belong to other fids, and for a compaction to other slots. */
  readonly deleted: readonly MessageRow[];
}

/** The message changes nothing. */
export interface Rejected {
  readonly accepted: false;
  readonly code: FailureCode;
  readonly reason: string;
}

/** What a rule says about a message. */
export type Verdict = Accepted | Rejected;

/** Merges a message into a slot in place of `deleted`. */
export function accept(slot: string, deleted: readonly (MessageRow | undefined)[] = []): Accepted {
  return { accepted: true, slot, deleted: deleted.filter((row) => row !== undefined) };
}

/** Turns a message down. */
export function reject(code: FailureCode, reason: string): Rejected {
  return { accepted: false, code, reason };
}

/** The rejection of a message that the protocol does not allow. */
export function invalid(reason: string): Rejected {
  return reject("bad_request.validation_failure", reason);
}

/** The rejection of a message that is there already. */
export function duplicate(): Rejected {
  return reject("bad_request.duplicate", "message has already been merged");
}

/**
 * Lets the greater of two messages have the slot: by timestamp, then removes over adds, then hash.
 */
export function latestWins(
  message: TypedMessage,
  slot: string,
  present: MessageRow | undefined,
): Verdict {
  if (present === undefined) return accept(slot);
  const order =
    message.timestamp - present.timestamp ||
    Number(isRemove(message.type)) - Number(isRemove(present.kind)) ||
    compareBytes(message.envelope.hash, present.message.hash);
  if (order === 0) return duplicate();
  if (order > 0) return accept(slot, [present]);
  return reject("bad_request.conflict", `message conflicts with a more recent ${present.kind}`);
}

/**
 * Lets the message have the slot whatever is there, as shard 0 has put it in order. The very
 * message that is there is merged again, and deletes nothing.
 */
export function lastMergedWins(
  message: TypedMessage,
  slot: string,
  present: MessageRow | undefined,
): Verdict {
  if (present === undefined) return accept(slot);
  const isSame = compareBytes(present.message.hash, message.envelope.hash) === 0;
  return accept(slot, isSame ? [] : [present]);
}

/** A byte string as text, to build slots from. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

function isRemove(kind: string): boolean {
  return kind.endsWith("Remove");
}
