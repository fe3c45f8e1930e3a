// Rows as joins: the executable definition of what a store does with a change.
import type { MergeOf, Retirement, RetireOf, TableName, TableRows } from "@snaprag/processors";
import { TABLE_KEYS } from "@snaprag/processors";
import type { StoredRow } from "../store.ts";

interface Entry<Table extends TableName> {
  row: TableRows[Table];
  eventId: bigint;
  /** Set while the row's end stands at a greater position than its last merge. */
  retirement: Retirement | undefined;
}

/** One relation in memory. */
export interface MemoryTable<Table extends TableName> {
  merge(change: MergeOf<Table>): void;
  retire(change: RetireOf<Table>): void;
  /** Makes a row this one, and live, whatever is known of it. */
  replace(change: MergeOf<Table>): void;
  /** Ends a row, whatever is known of it. */
  end(change: RetireOf<Table>): void;
  /** Retires every live row that `isMeant` names. */
  retireWhere(isMeant: (row: TableRows[Table], eventId: bigint) => boolean, by: Retirement): void;
  /** Takes back the end of a row, when `isUndone` says so of it. */
  revive(row: TableRows[Table], isUndone: (end: Retirement) => boolean): void;
  list(): readonly StoredRow<Table>[];
}

function keyPart(value: unknown): string {
  if (value instanceof Uint8Array) return Array.from(value, toHexByte).join("");
  if (value instanceof Date) return sortableNumber(BigInt(value.getTime()));
  return typeof value === "string" ? value : sortableNumber(BigInt(value as bigint | number));
}

function toHexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function sortableNumber(value: bigint): string {
  return value.toString().padStart(20, "0");
}

/** Creates an empty relation. */
export function createMemoryTable<Table extends TableName>(table: Table): MemoryTable<Table> {
  const entries = new Map<string, Entry<Table>>();
  const keyColumns = TABLE_KEYS[table];

  function keyOf(row: TableRows[Table]): string {
    return keyColumns.map((column) => keyPart(row[column])).join("/");
  }

  function entryOf(row: TableRows[Table]): Entry<Table> {
    const key = keyOf(row);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry<Table> = { row, eventId: 0n, retirement: undefined };
    entries.set(key, entry);
    return entry;
  }

  function retireEntry(entry: Entry<Table>, by: Retirement): void {
    const last = entry.retirement?.eventId ?? entry.eventId;
    if (by.eventId > last) entry.retirement = by;
  }

  return {
    merge({ row, eventId }) {
      const entry = entryOf(row);
      if (eventId > entry.eventId) {
        // The same data may have come back signed by another key.
        entry.row = row;
        entry.eventId = eventId;
      }
      if (entry.retirement && entry.eventId >= entry.retirement.eventId)
        entry.retirement = undefined;
    },
    retire({ row, retirement }) {
      retireEntry(entryOf(row), retirement);
    },
    replace({ row, eventId }) {
      const entry = entryOf(row);
      entry.row = row;
      if (eventId > entry.eventId) entry.eventId = eventId;
      entry.retirement = undefined;
    },
    end({ row, retirement }) {
      entryOf(row).retirement = retirement;
    },
    retireWhere(isMeant, by) {
      for (const entry of entries.values()) {
        if (entry.retirement === undefined && isMeant(entry.row, entry.eventId)) {
          retireEntry(entry, by);
        }
      }
    },
    revive(row, isUndone) {
      const entry = entries.get(keyOf(row));
      if (entry?.retirement && isUndone(entry.retirement)) entry.retirement = undefined;
    },
    list() {
      const keys = [...entries.keys()].sort();
      return keys.flatMap((key) => {
        const entry = entries.get(key);
        return entry ? [toStoredRow(entry)] : [];
      });
    },
  };
}

function toStoredRow<Table extends TableName>(entry: Entry<Table>): StoredRow<Table> {
  const { row, eventId, retirement } = entry;
  return {
    row,
    state: {
      eventId,
      isLive: retirement === undefined,
      deletedReason: retirement?.reason ?? null,
      deletedAt: retirement?.at ?? null,
      deletedEventId: retirement?.eventId ?? null,
    },
  };
}
