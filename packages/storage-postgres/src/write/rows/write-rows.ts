// The one writer: a relation's rows as one binary array for each column.
import type { TableName } from "@snaprag/processors";
import { TABLE_KEYS } from "@snaprag/processors";
import type { QueryConfig } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import type { ColumnType } from "../../tables/column-types.ts";
import { int8, text, timestamptz } from "../../tables/column-types.ts";
import { TABLE_COLUMNS, TABLE_NAMES } from "../../tables/table-columns.ts";
import type { FoldedRow, FoldedRows } from "./folded-rows.ts";

/**
 * How rows meet what is there.
 *
 * - `load`: a first load, in which no row can be there; one that is fails the statement, if the relation has its key. That spares
 *   the database a look before each row, nearly half of its work.
 * - `insert`: a first load; rows that are there stay as they are.
 * - `join`: rows become as the greatest position left them.
 * - `replace`: rows become what is written, whatever is there; only positions do not go back.
 */
export type WriteMode = "load" | "insert" | "join" | "replace";

/** What is kept of each row besides its own columns. */
const STATE_COLUMNS: readonly (readonly [keyof Omit<FoldedRow, "row">, ColumnType])[] = [
  ["event_id", int8],
  ["deleted_event_id", int8],
  ["deleted_at", timestamptz],
  ["deleted_reason", text],
];

function quote(name: string): string {
  return `"${name}"`;
}

/** The greater of two ends, and nothing when the last merge stands at or above it. */
const DELETED_EVENT_ID =
  "nullif(greatest(t.event_id, excluded.event_id, t.deleted_event_id, excluded.deleted_event_id), greatest(t.event_id, excluded.event_id))";

function deletedColumn(column: string): string {
  return `${column} = case
    when ${DELETED_EVENT_ID} is null then null
    when excluded.deleted_event_id >= coalesce(t.deleted_event_id, 0) then excluded.${column}
    else t.${column} end`;
}

/**
 * A row as its greatest merge has it: the same data may come back signed by another key, which is
 * the same hash. Rows that would stay as they are, as in a replay, are not written again.
 */
function joinSql(columns: readonly string[]): string {
  const later = "excluded.event_id > t.event_id";
  const values = columns.map(
    (column) => `${column} = case when ${later} then excluded.${column} else t.${column} end`,
  );
  return `do update set
  ${values.join(",\n  ")},
  event_id = greatest(t.event_id, excluded.event_id),
  deleted_event_id = ${DELETED_EVENT_ID},
  ${deletedColumn("deleted_at")},
  ${deletedColumn("deleted_reason")}
where ${later}
  or excluded.deleted_event_id > greatest(t.event_id, coalesce(t.deleted_event_id, 0))`;
}

function replaceSql(columns: readonly string[]): string {
  const values = [...columns, ...STATE_COLUMNS.slice(1).map(([name]) => name)].map(
    (column) => `${column} = excluded.${column}`,
  );
  return `do update set
  ${values.join(",\n  ")},
  event_id = greatest(t.event_id, excluded.event_id)`;
}

function onConflictSql(table: TableName, mode: WriteMode): string {
  const keys: readonly string[] = TABLE_KEYS[table];
  const columns = Object.keys(TABLE_COLUMNS[table]).filter((column) => !keys.includes(column));
  const onConflict = `on conflict (${keys.map(quote).join(", ")})`;
  switch (mode) {
    case "load":
      return "";
    case "insert":
      return `${onConflict} do nothing`;
    case "join":
      return `${onConflict} ${joinSql(columns.map(quote))}`;
    case "replace":
      return `${onConflict} ${replaceSql(columns.map(quote))}`;
    default:
      return mode satisfies never;
  }
}

/**
 * Arrays are unnested side by side as rows are made. As a table of their own, which is how they are
 * mostly written, each of them would be stored in full first, column by column.
 */
function writeSql(table: TableName, mode: WriteMode): string {
  const columns = [...Object.entries<ColumnType>(TABLE_COLUMNS[table]), ...STATE_COLUMNS];
  const names = columns.map(([name]) => quote(name)).join(", ");
  const values = columns.map(
    ([, { arrayType, castTo }], index) =>
      `unnest($${index + 1}::${arrayType}[])${castTo ? `::${castTo}` : ""}`,
  );
  return `insert into ${table} as t (${names}) select ${values.join(", ")} ${onConflictSql(table, mode)}`;
}

/** The statement of every relation, by its name as a prepared statement. */
const WRITE_SQL: ReadonlyMap<string, string> = new Map(
  TABLE_NAMES.flatMap((table) =>
    (["load", "insert", "join", "replace"] as const).map((mode) => [
      `${mode}_${table}`,
      writeSql(table, mode),
    ]),
  ),
);

/** Null for a column without a value, which `unnest` fills up with nulls: most have some. */
function encodeColumn(type: ColumnType, values: readonly unknown[]): Buffer | null {
  return values.every((value) => value === null) ? null : encodeArray(type, values);
}

function valuesOf(rows: readonly FoldedRow[], column: string): unknown[] {
  const values: unknown[] = [];
  for (const { row } of rows) {
    // Safety: TABLE_COLUMNS lists exactly the columns of the table's rows.
    values.push((row as unknown as Readonly<Record<string, unknown>>)[column]);
  }
  return values;
}

function statesOf(rows: readonly FoldedRow[], column: keyof FoldedRow): unknown[] {
  const values: unknown[] = [];
  for (const row of rows) values.push(row[column]);
  return values;
}

/** The statement that writes rows of one relation. */
export function writeTable(
  table: TableName,
  rows: readonly FoldedRow[],
  mode: WriteMode,
): QueryConfig {
  const values = Object.entries<ColumnType>(TABLE_COLUMNS[table]).map(([name, type]) =>
    encodeColumn(type, valuesOf(rows, name)),
  );
  const states = STATE_COLUMNS.map(([name, type]) => encodeColumn(type, statesOf(rows, name)));
  const name = `${mode}_${table}`;
  return { name, text: WRITE_SQL.get(name) ?? "", values: [...values, ...states] };
}

/** One statement for each relation that has rows. */
export function writeRows(tables: FoldedRows, mode: WriteMode): readonly QueryConfig[] {
  return [...tables].map(([table, rows]) => writeTable(table, rows, mode));
}
