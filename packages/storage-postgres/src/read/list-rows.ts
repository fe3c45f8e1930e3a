import type { TableName, TableRows } from "@snaprag/processors";
import { TABLE_KEYS } from "@snaprag/processors";
import type { StoredRow } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";
import type { ColumnType } from "../tables/column-types.ts";
import { TABLE_COLUMNS, TABLE_NAMES } from "../tables/table-columns.ts";

const PAGE_ROWS = 1000;

type DatabaseRow = Readonly<Record<string, unknown>>;

/** Columns of each relation with their types, listed once: a proof reads rows by the million. */
const COLUMN_LISTS: ReadonlyMap<TableName, readonly (readonly [string, ColumnType])[]> = new Map(
  TABLE_NAMES.map((table) => [table, Object.entries<ColumnType>(TABLE_COLUMNS[table])]),
);

/** The columns of a row as processors made them, without what became of it. */
export function toRow<Table extends TableName>(table: Table, row: DatabaseRow): TableRows[Table] {
  const columns: Record<string, unknown> = {};
  for (const [name, type] of COLUMN_LISTS.get(table) ?? []) {
    // Safety: the column is of this type, as a test holds against the database.
    columns[name] = row[name] === null ? null : type.read(row[name] as never);
  }
  // Safety: TABLE_COLUMNS lists exactly the columns of the table's rows.
  return columns as unknown as TableRows[Table];
}

/** A row of a relation as the contract words it. */
export function toStoredRow<Table extends TableName>(
  table: Table,
  row: DatabaseRow,
): StoredRow<Table> {
  return {
    row: toRow(table, row),
    state: {
      // Safety: the state columns, with types set by the migrations.
      eventId: row.event_id as bigint,
      isLive: row.deleted_at === null,
      deletedReason: row.deleted_reason as string | null,
      deletedAt: row.deleted_at as Date | null,
      deletedEventId: row.deleted_event_id as bigint | null,
    },
  };
}

/**
 * Reads a relation in key order, a thousand rows at a time.
 *
 * Pages by key rather than by a cursor, so that no transaction stays open while the consumer works;
 * rows written meanwhile may or may not be seen.
 */
export async function* listRows<Table extends TableName>(
  { query }: Connections,
  table: Table,
): AsyncIterable<StoredRow<Table>> {
  const key = TABLE_KEYS[table].map((column) => `"${column}"`).join(", ");
  const parameters = TABLE_KEYS[table].map((_, index) => `$${index + 1}`).join(", ");
  const select = `select * from ${table}`;
  const order = `order by ${key} limit ${PAGE_ROWS}`;
  let after: readonly unknown[] | undefined;
  while (true) {
    const { rows } = await query(
      after === undefined
        ? { text: `${select} ${order}` }
        : { text: `${select} where (${key}) > (${parameters}) ${order}`, values: [...after] },
    );
    for (const row of rows) yield toStoredRow(table, row);
    const last = rows.at(-1);
    if (rows.length < PAGE_ROWS || last === undefined) return;
    after = TABLE_KEYS[table].map((column) => {
      const value = last[column];
      return value instanceof Uint8Array ? Buffer.from(value) : value;
    });
  }
}
