// What a batch does to each row, folded to one join for each: a statement may name a row only once.
import type { Change, TableName, TableRows } from "@snaprag/processors";
import { TABLE_KEYS } from "@snaprag/processors";

/** The join of all merges and retirements of one row in a batch. */
export interface FoldedRow {
  /** As the greatest merge has it: the same data may come back signed by another key. */
  row: TableRows[TableName];
  /** Greatest position of a merge; 0 when there is none. */
  event_id: bigint;
  deleted_event_id: bigint | null;
  deleted_at: Date | null;
  deleted_reason: string | null;
}

/** Folded rows of a batch, by relation. */
export type FoldedRows = ReadonlyMap<TableName, readonly FoldedRow[]>;

type RowChange = Exclude<Change, { readonly kind: "sweepLinks" | "sweepKeys" }>;

/** Whether a change names its row, as opposed to sweeping whatever a rule covers. */
function isRowChange(change: Change): change is RowChange {
  return change.kind === "merge" || change.kind === "retire";
}

function toFoldedRow(change: RowChange): FoldedRow {
  if (change.kind === "merge") {
    return {
      row: change.row,
      event_id: change.eventId,
      deleted_event_id: null,
      deleted_at: null,
      deleted_reason: null,
    };
  }
  const { eventId, at, reason } = change.retirement;
  return {
    row: change.row,
    event_id: 0n,
    deleted_event_id: eventId,
    deleted_at: at,
    deleted_reason: reason,
  };
}

/** Joins a later change of the same row into what is known of it. */
function join(known: FoldedRow, next: FoldedRow): void {
  if (next.event_id > known.event_id) {
    known.row = next.row;
    known.event_id = next.event_id;
  }
  if ((next.deleted_event_id ?? 0n) > (known.deleted_event_id ?? 0n)) {
    known.deleted_event_id = next.deleted_event_id;
    known.deleted_at = next.deleted_at;
    known.deleted_reason = next.deleted_reason;
  }
  if (known.event_id >= (known.deleted_event_id ?? 0n)) {
    known.deleted_event_id = null;
    known.deleted_at = null;
    known.deleted_reason = null;
  }
}

function keyPart(value: unknown): string {
  if (value instanceof Uint8Array) {
    // A view: copying costs more than the text.
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  }
  return value instanceof Date ? String(value.getTime()) : String(value);
}

function keyOf(table: TableName, row: TableRows[TableName]): string {
  // Safety: the key columns of a table are columns of its rows.
  const columns = row as unknown as Readonly<Record<string, unknown>>;
  let key = "";
  for (const column of TABLE_KEYS[table]) key += `${keyPart(columns[column])}\0`;
  return key;
}

/** Groups changes by relation, each as its own row; for pages, where no key occurs twice. */
export function groupByTable(changes: readonly Change[]): FoldedRows {
  const tables = new Map<TableName, FoldedRow[]>();
  for (const change of changes) {
    if (!isRowChange(change)) continue;
    const rows = tables.get(change.table);
    if (rows) rows.push(toFoldedRow(change));
    else tables.set(change.table, [toFoldedRow(change)]);
  }
  return tables;
}

/** Groups changes by relation and joins those of the same row. */
export function foldByTable(changes: readonly Change[]): FoldedRows {
  const folded = new Map<TableName, Map<string, FoldedRow>>();
  for (const change of changes) {
    if (!isRowChange(change)) continue;
    let rows = folded.get(change.table);
    if (rows === undefined) {
      rows = new Map();
      folded.set(change.table, rows);
    }
    const key = keyOf(change.table, change.row);
    const known = rows.get(key);
    if (known) join(known, toFoldedRow(change));
    else rows.set(key, toFoldedRow(change));
  }
  return new Map([...folded].map(([table, rows]) => [table, [...rows.values()]]));
}
