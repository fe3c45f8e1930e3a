import type { Message, MessageKind, TypedMessage } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";

/** A message as a shard keeps it. Its body stays encoded: most messages are never read again. */
export interface MessageRow {
  readonly entry: "message";
  readonly message: Message;
  readonly kind: MessageKind;
  readonly fid: bigint;
  /** Farcaster seconds. */
  readonly timestamp: number;
  /** The conflict key (docs/protocol.md 6.3): a store holds one row for each slot. */
  readonly slot: string;
  /** Number of the block that merged it. */
  readonly mergedBlock: bigint;
}

/** What makes a message and a slot a row. */
export interface RowPlace {
  readonly slot: string;
  readonly blockNumber: bigint;
}

/** The row of a message that is being merged. */
export function toMessageRow(message: TypedMessage, place: RowPlace): MessageRow {
  return {
    entry: "message",
    message: message.envelope,
    kind: message.type,
    fid: message.fid,
    timestamp: message.timestamp,
    slot: place.slot,
    mergedBlock: place.blockNumber,
  };
}

/** The row's message, decoded again. */
export function readRow(row: MessageRow): TypedMessage {
  const message = narrowMessage(row.message);
  if (message.type === "unreadable") {
    throw new TypeError("Expected a row to hold a message that was readable when it was merged");
  }
  return message;
}

/** Whether two rows hold the same message. */
export function isSameMessage(a: MessageRow, b: MessageRow): boolean {
  return compareBytes(a.message.hash, b.message.hash) === 0;
}

/** The order of a store: timestamp, then hash bytes. */
export function compareRows(a: MessageRow, b: MessageRow): number {
  return a.timestamp - b.timestamp || compareBytes(a.message.hash, b.message.hash);
}

/** Compares byte strings as numbers of one length would compare. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
