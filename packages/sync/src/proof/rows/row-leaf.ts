// The leaf that a row of a store stands for, computed from what is in its columns.
import type { MessageTableName, MessageTableRows, TableName, TableRows } from "@snaprag/processors";
import { encodeMessageRow, encodeRow, KIND_OF_TABLE, toMessageRow } from "@snaprag/processors";
import {
  isSameBytes,
  MESSAGE_WIRE_TYPES,
  Message,
  narrowMessage,
  OnChainEvent,
} from "@snaprag/proto";
import type { Blake3, Ed25519 } from "@snaprag/verify";
import { messageTrieKey, onChainEventTrieKey } from "@snaprag/verify";

/** A row with the relation it is in. */
export type RowOfTable = {
  readonly [Table in TableName]: { readonly table: Table; readonly row: TableRows[Table] };
}[TableName];

/** A leaf that a row stands for. */
export interface RowLeaf {
  /** Of the content of the row, which says what it is, whatever hash it bears. */
  readonly trieKey: Uint8Array;
  /** Undefined for a leaf that the store keeps by itself. */
  readonly source: RowOfTable | undefined;
  /** Whether the row's content is not that of the hash it bears. */
  readonly isAltered: boolean;
}

/** What rows are read with. */
export interface RowReading {
  readonly network: number;
  readonly blake3: Blake3;
  /** Where signatures are checked too. */
  readonly ed25519?: Ed25519 | undefined;
}

function isMessageTable(table: TableName): table is MessageTableName {
  return table in KIND_OF_TABLE;
}

function toComparable(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

/** A Buffer has a JSON form of its own, which a replacer never sees. */
function inWords(row: object): string {
  const plain = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? new Uint8Array(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(plain.sort()), toComparable);
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
  return inWords(toMessageRow(message as never, network)) === inWords(row);
}

function leafOfMessage<Table extends MessageTableName>(
  source: RowOfTable & { readonly table: Table },
  { network, blake3, ed25519 }: RowReading,
): RowLeaf {
  const { table } = source;
  // Safety: the row of this table.
  const row = source.row as MessageTableRows[Table];
  const hash = blake3.hash20(encodeMessageRow(table, row, network));
  const { messageType } = MESSAGE_WIRE_TYPES[KIND_OF_TABLE[table]];
  const isAltered =
    !isSameBytes(hash, row.hash) ||
    (row.data_bytes !== null && !hasColumnsOfBytes(table, row, network)) ||
    (ed25519 !== undefined && !ed25519.verify(hash, row.signature, row.signer));
  return { trieKey: messageTrieKey(row.fid, messageType, hash), source, isAltered };
}

/** The leaf of a row; undefined for rows of relations that no trie has. */
export function leafOfRow(source: RowOfTable, reading: RowReading): RowLeaf | undefined {
  const { table } = source;
  if (table === "frame_actions" || table === "fname_transfers") return undefined;
  if (isMessageTable(table)) return leafOfMessage(source as never, reading);
  // Safety: every other relation is handled above.
  const event = OnChainEvent.decode(encodeRow("onchain_events", source.row as never, 0).raw);
  return { trieKey: onChainEventTrieKey(event), source, isAltered: false };
}
