// Rows that no page before has listed, so that none can be there.
import type { TableName } from "@snaprag/processors";
import type { Backend } from "../../connection/connections.ts";
import type { Statement } from "../../connection/statements.ts";
import { writeValue } from "../../tables/binary-values.ts";
import type { ByteOutput } from "../../tables/byte-output.ts";
import { createByteOutput, reserve, writtenBytes } from "../../tables/byte-output.ts";
import type { ColumnType } from "../../tables/column-types.ts";
import { TABLE_COLUMNS } from "../../tables/table-columns.ts";
import type { FoldedRow, FoldedRows } from "./folded-rows.ts";
import { STATE_COLUMNS, writeTable } from "./write-rows.ts";

/** What a reaction takes, as most rows are; what is longer makes the output grow. */
const EXPECTED_ROW_BYTES = 220;

type Columns = readonly (readonly [name: string, type: ColumnType])[];

/** How columns are written, by their names. */
type Fields = readonly (readonly [name: string, write: ColumnType["write"]])[];

/** Rows by the names of their columns. */
type Row = Readonly<Record<string, unknown>>;

/**
 * Rows of one COPY. It keeps up to a thousand in memory before it writes them, and each keeps a
 * reference to the columns, which the server looks for one by one: a thousand cost it a third more
 * for each row than a hundred do.
 */
const COPY_ROWS = 100;

function hasValue(rows: readonly Row[], column: string): boolean {
  for (const row of rows) if (row[column] !== null) return true;
  return false;
}

/** Columns that some row has a value in: for the others, the database fills in null for less. */
function usedFields(columns: Columns, rows: readonly Row[]): Fields {
  const used: [string, ColumnType["write"]][] = [];
  for (const [name, { write, writeField = write }] of columns) {
    if (hasValue(rows, name)) used.push([name, writeField]);
  }
  return used;
}

function rowsOf(states: readonly { readonly row: Row }[]): readonly Row[] {
  const rows: Row[] = [];
  for (const { row } of states) rows.push(row);
  return rows;
}

function writeFields(output: ByteOutput, fields: Fields, row: Row): void {
  for (const [name, write] of fields) writeValue(output, write, row[name]);
}

/** Rows as COPY takes them, which costs the database less than arrays do. */
function copyTable(table: TableName, folded: readonly FoldedRow[]): Statement {
  // Safety: both are read by the names of their columns only.
  const states = folded as unknown as readonly (Row & { readonly row: Row })[];
  const rows = rowsOf(states);
  const fields = usedFields(Object.entries<ColumnType>(TABLE_COLUMNS[table]), rows);
  const stateFields = usedFields(STATE_COLUMNS, states);
  const output = createByteOutput(rows.length * EXPECTED_ROW_BYTES);
  const ends: number[] = [];
  for (const [index, state] of states.entries()) {
    if (index > 0 && index % COPY_ROWS === 0) ends.push(output.end);
    reserve(output, 2);
    output.view.setInt16(output.end, fields.length + stateFields.length);
    output.end += 2;
    writeFields(output, fields, state.row);
    writeFields(output, stateFields, state);
  }
  const names = [...fields, ...stateFields].map(([name]) => `"${name}"`).join(", ");
  const written = writtenBytes(output);
  const batches = [0, ...ends].map((start, index) => written.subarray(start, ends[index]));
  return { copyInto: `${table} (${names})`, batches };
}

/**
 * One statement for each relation that has rows, which fails when one of them is there and keys are: that spares
 * the database a look before each row, nearly half of its work.
 */
export function loadRows(tables: FoldedRows, backend: Backend): readonly Statement[] {
  return [...tables].map(([table, rows]) => {
    // Names are asked for account by account besides, which gives again those that pages list.
    if (table === "fname_transfers") return writeTable(table, rows, "insert");
    // The embedded database's socket takes no COPY.
    return backend === "server" ? copyTable(table, rows) : writeTable(table, rows, "load");
  });
}
