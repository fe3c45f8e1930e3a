// The leaf that a row of a store stands for, computed from what is in its columns.
import type {
  MessageTableName,
  MessageTableRows,
  OnChainEventRow,
  TableName,
  TableRows,
} from "@snaprag/processors";
import {
  encodeMessageRow,
  encodeRow,
  fromFarcasterTime,
  KIND_OF_TABLE,
  MESSAGE_MAPPINGS,
  toFarcasterTime,
  toMessageRow,
  toOnChainEventRow,
} from "@snaprag/processors";
import {
  isSameBytes,
  MESSAGE_WIRE_TYPES,
  Message,
  narrowMessage,
  OnChainEvent,
} from "@snaprag/proto";
import type { Blake3, Ed25519 } from "@snaprag/verify";
import { messageTrieKey, onChainEventTrieKey } from "@snaprag/verify";

const NO_EVENT = OnChainEvent.decode(new Uint8Array());

/** A row with the relation it is in. */
export type RowOfTable = {
  readonly [Table in TableName]: { readonly table: Table; readonly row: TableRows[Table] };
}[TableName];

/** A leaf that a row stands for. */
export interface RowLeaf {
  /**
   * Of the content of the row, which says what it is, whatever hash it bears; of that hash where no
   * message can have such content.
   */
  readonly trieKey: Uint8Array;
  /** Undefined for a leaf that the store keeps by itself, and where rows were not asked for. */
  readonly source: RowOfTable | undefined;
  /** Whether the row's content is not that of the hash it bears, or not as such content is kept. */
  readonly isAltered: boolean;
}

/** A leaf's key as hex. */
export function keyText({ trieKey }: { readonly trieKey: Uint8Array }): string {
  return Buffer.from(trieKey).toString("hex");
}

/** Whether a leaf is of a gasless key, which comes by shard 0. */
export function isKeyRow({ source }: RowLeaf): boolean {
  return source?.table === "signer_keys" || source?.table === "signer_key_removes";
}

/** What rows are read with. */
export interface RowReading {
  readonly network: number;
  readonly blake3: Blake3;
  /** Where signatures are checked too. */
  readonly ed25519?: Ed25519 | undefined;
  /**
   * Whether leaves are all that counts, so that it is not asked whether columns say the same in the
   * one way in which they are kept. That they say what was hashed is in the leaf.
   *
   * @default false
   */
  readonly hasLeavesOnly?: boolean | undefined;
}

function isMessageTable(table: TableName): table is MessageTableName {
  return table in KIND_OF_TABLE;
}

/** Whether two values of columns are the same: byte strings by their bytes, times by their instant. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && isSameBytes(a, b);
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return a.every((value, index) => isSameValue(value, b[index]));
  }
  return hasSameMembers(a, { ...b });
}

function hasSameMembers(a: object, b: Readonly<Record<string, unknown>>): boolean {
  const members = Object.entries(a);
  if (members.length !== Object.keys(b).length) return false;
  return members.every(([name, value]) => isSameValue(value, b[name]));
}

/** Whether the columns of a row that keeps its bytes are what those bytes say. */
function hasColumnsOfBytes<Table extends MessageTableName>(
  table: Table,
  row: MessageTableRows[Table],
  network: number,
): boolean {
  const message = narrowMessage(
    Message.decode(encodeRow<MessageTableName>(table, row, network).raw),
  );
  if (message.type !== KIND_OF_TABLE[table]) return false;
  return isSameValue(toMessageRow(message as never, network), row);
}

/** The columns that a row has once they were encoded and read back. */
function columnsReadBack<Table extends MessageTableName>(
  table: Table,
  row: MessageTableRows[Table],
): object {
  const { toBody, toColumns } = MESSAGE_MAPPINGS[KIND_OF_TABLE[table]];
  const timestamp = fromFarcasterTime(toFarcasterTime(row.timestamp));
  // Safety: table, row and body are of one kind.
  return { ...toColumns(toBody(row as never) as never), timestamp };
}

/**
 * Whether columns are as a message has them: others encode alike, such as a time within its second,
 * or the fid of a parent beside a parent that is a URL.
 */
function hasOwnColumns<Table extends MessageTableName>(
  table: Table,
  row: MessageTableRows[Table],
  network: number,
): boolean {
  if (row.data_bytes !== null) return hasColumnsOfBytes(table, row, network);
  return Object.entries(columnsReadBack(table, row)).every(([name, value]) => {
    return isSameValue(value, row[name as keyof typeof row]);
  });
}

/** What the hash of a row covers; undefined where no message can say what is in its columns. */
function findHashedBytes<Table extends MessageTableName>(
  table: Table,
  row: MessageTableRows[Table],
  network: number,
): Uint8Array | undefined {
  try {
    return encodeMessageRow(table, row, network);
  } catch {
    // Encoders throw plain errors, such as for a number beyond 32 bits.
    return undefined;
  }
}

function leafOfMessage<Table extends MessageTableName>(
  source: RowOfTable & { readonly table: Table },
  { network, blake3, ed25519, hasLeavesOnly }: RowReading,
): RowLeaf {
  const { table } = source;
  // Safety: the row of this table.
  const row = source.row as MessageTableRows[Table];
  const bytes = findHashedBytes(table, row, network);
  const hash = bytes === undefined ? row.hash : blake3.hash20(bytes);
  const { messageType } = MESSAGE_WIRE_TYPES[KIND_OF_TABLE[table]];
  const isAltered =
    bytes === undefined ||
    !isSameBytes(hash, row.hash) ||
    !(hasLeavesOnly || hasOwnColumns(table, row, network)) ||
    (ed25519 !== undefined && !ed25519.verify(hash, row.signature, row.signer));
  return { trieKey: messageTrieKey(row.fid, messageType, hash), source, isAltered };
}

/** Whether the columns of a row that keeps its event are what that event says. */
function hasColumnsOfEvent(row: OnChainEventRow, raw: Uint8Array): boolean {
  try {
    return isSameValue(toOnChainEventRow(OnChainEvent.decode(raw)), row);
  } catch {
    // The decoder throws plain errors for what is no event.
    return false;
  }
}

function leafOfEvent(row: OnChainEventRow, source: RowOfTable): RowLeaf {
  const trieKey = onChainEventTrieKey({
    ...NO_EVENT,
    fid: row.fid,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    type: row.type as OnChainEvent["type"],
    transactionHash: row.transaction_hash,
    logIndex: row.log_index,
  });
  return { trieKey, source, isAltered: row.raw !== null && !hasColumnsOfEvent(row, row.raw) };
}

/** The leaf of a row; undefined for rows of relations that no trie has. */
export function leafOfRow(source: RowOfTable, reading: RowReading): RowLeaf | undefined {
  const { table } = source;
  if (table === "frame_actions" || table === "fname_transfers") return undefined;
  if (isMessageTable(table)) return leafOfMessage(source as never, reading);
  // Safety: every other relation is handled above.
  return leafOfEvent(source.row as OnChainEventRow, source);
}
