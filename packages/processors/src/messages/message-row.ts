import type { TypedMessage } from "@snaprag/proto";
import { fromFarcasterTime } from "../clocks.ts";

/** The columns that every message relation has; `(fid, hash)` is its key. */
export interface MessageRow {
  /** Author. */
  readonly fid: bigint;
  /** 20 bytes. */
  readonly hash: Uint8Array;
  /** When the author says it was written, to the second. */
  readonly timestamp: Date;
  /** 32-byte Ed25519 public key. */
  readonly signer: Uint8Array;
  /** 64 bytes over `hash`. */
  readonly signature: Uint8Array;
  /**
   * The bytes the hash covers, when encoding the columns would not give them back: text that no
   * database column holds, fields newer than this version, or an author's own encoding.
   */
  readonly data_bytes: Uint8Array | null;
}

type Mutable<Row> = { -readonly [Column in keyof Row]: Row[Column] };

/**
 * Makes the row of a message out of its columns, which become the row: spreading both into a third
 * object costs more than everything else that is done for a row.
 */
export function completeRow<Columns extends object>(
  columns: Columns,
  { fid, timestamp, envelope }: TypedMessage,
): Columns & Mutable<MessageRow> {
  // Safety: every column that is missing is set below.
  const row = columns as Columns & Mutable<MessageRow>;
  row.fid = fid;
  row.hash = envelope.hash;
  row.timestamp = fromFarcasterTime(timestamp);
  row.signer = envelope.signer;
  row.signature = envelope.signature;
  row.data_bytes = null;
  return row;
}
