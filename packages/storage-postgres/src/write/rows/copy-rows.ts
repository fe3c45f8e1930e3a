// Rows as COPY takes them, which costs the database less than arrays do.
import type {
  CastRow,
  Change,
  LinkRow,
  MessageRow,
  ReactionRow,
  TableName,
} from "@snaprag/processors";
import type { Statement } from "../../connection/statements.ts";
import { writeValue } from "../../tables/binary-values.ts";
import type { ByteOutput } from "../../tables/byte-output.ts";
import { createByteOutput, reserve, writtenBytes } from "../../tables/byte-output.ts";
import type { ColumnType } from "../../tables/column-types.ts";
import {
  bytea,
  int4,
  int8,
  jsonbBigints,
  jsonbEmbeds,
  jsonbNumbers,
  jsonbStrings,
  text,
  timestamptz,
} from "../../tables/column-types.ts";
import { TABLE_COLUMNS, TABLE_NAMES } from "../../tables/table-columns.ts";

/** What a first load does to a row. */
export type Merge = Extract<Change, { readonly kind: "merge" }>;

/** Writes the columns of a row in the order of {@link TABLE_COLUMNS}. */
type WriteRow<Row> = (output: ByteOutput, row: Row) => void;

/** How a column's own type is written, which COPY casts nothing to. */
function fieldOf({ write, writeField = write }: ColumnType): ColumnType["write"] {
  return writeField;
}

const EMBEDS = fieldOf(jsonbEmbeds);
const STRINGS = fieldOf(jsonbStrings);
const BIGINTS = fieldOf(jsonbBigints);
const NUMBERS = fieldOf(jsonbNumbers);

function writeMessage(output: ByteOutput, row: MessageRow): void {
  writeValue(output, int8.write, row.fid);
  writeValue(output, bytea.write, row.hash);
  writeValue(output, timestamptz.write, row.timestamp);
  writeValue(output, bytea.write, row.signer);
  writeValue(output, bytea.write, row.signature);
  writeValue(output, bytea.write, row.data_bytes);
}

function writeReaction(output: ByteOutput, row: ReactionRow): void {
  writeMessage(output, row);
  writeValue(output, int4.write, row.reaction_type);
  writeValue(output, int8.write, row.target_fid);
  writeValue(output, bytea.write, row.target_hash);
  writeValue(output, text.write, row.target_url);
}

function writeLink(output: ByteOutput, row: LinkRow): void {
  writeMessage(output, row);
  writeValue(output, text.write, row.link_type);
  writeValue(output, int8.write, row.target_fid);
  writeValue(output, timestamptz.write, row.display_timestamp);
}

function writeCast(output: ByteOutput, row: CastRow): void {
  writeMessage(output, row);
  writeValue(output, text.write, row.text);
  writeValue(output, int4.write, row.cast_type);
  writeValue(output, int8.write, row.parent_fid);
  writeValue(output, bytea.write, row.parent_hash);
  writeValue(output, text.write, row.parent_url);
  writeValue(output, EMBEDS, row.embeds);
  writeValue(output, STRINGS, row.embeds_deprecated);
  writeValue(output, BIGINTS, row.mentions);
  writeValue(output, NUMBERS, row.mentions_positions);
}

/**
 * Writers of the relations that nearly all rows of a first load are of. A column that is looked up by its
 * name costs several times as much. @internal
 */
export const WRITERS_BY_HAND: {
  readonly casts: WriteRow<CastRow>;
  readonly links: WriteRow<LinkRow>;
  readonly reactions: WriteRow<ReactionRow>;
} = { casts: writeCast, links: writeLink, reactions: writeReaction };

/** A writer of any relation. @internal */
export function writerByName(table: TableName): WriteRow<object> {
  const fields = Object.entries<ColumnType>(TABLE_COLUMNS[table]).map(
    ([name, type]) => [name, fieldOf(type)] as const,
  );
  return (output, row) => {
    // Safety: TABLE_COLUMNS lists exactly the columns of the table's rows.
    const columns = row as Readonly<Record<string, unknown>>;
    for (const [name, write] of fields) writeValue(output, write, columns[name]);
  };
}

/** How rows of a relation are copied. */
interface CopyFormat {
  /** The relation with its columns, as COPY names them. */
  readonly into: string;
  readonly columnCount: number;
  readonly writeRow: WriteRow<never>;
}

function formatOf(table: TableName): CopyFormat {
  const columns = [...Object.keys(TABLE_COLUMNS[table]), "event_id"];
  const names = columns.map((name) => `"${name}"`).join(", ");
  const byHand = new Map<string, WriteRow<never>>(Object.entries(WRITERS_BY_HAND));
  const writeRow = byHand.get(table) ?? writerByName(table);
  return { into: `${table} (${names})`, columnCount: columns.length, writeRow };
}

const FORMATS: ReadonlyMap<TableName, CopyFormat> = new Map(
  TABLE_NAMES.map((table) => [table, formatOf(table)]),
);

/** What a reaction takes, as most rows are; what is longer makes the output grow. */
const EXPECTED_ROW_BYTES = 220;

/**
 * Rows of one COPY. It keeps up to a thousand in memory before it writes them, and each keeps a
 * reference to the columns, which the server looks for one by one: a thousand cost it a third more
 * for each row than a hundred do.
 */
const COPY_ROWS = 100;

/** Writes rows one behind the other; returns where each COPY but the last one ends. */
function writeRows(
  output: ByteOutput,
  { columnCount, writeRow }: CopyFormat,
  merges: readonly Merge[],
): readonly number[] {
  const ends: number[] = [];
  for (const [index, { row, eventId }] of merges.entries()) {
    if (index > 0 && index % COPY_ROWS === 0) ends.push(output.end);
    reserve(output, 2);
    output.view.setInt16(output.end, columnCount);
    output.end += 2;
    // Safety: the format is that of the row's relation.
    writeRow(output, row as never);
    writeValue(output, int8.write, eventId);
  }
  return ends;
}

/** Copies rows that are live into a relation, as none of them is there. */
export function copyRows(table: TableName, merges: readonly Merge[]): Statement {
  const format = FORMATS.get(table) ?? formatOf(table);
  const output = createByteOutput(merges.length * EXPECTED_ROW_BYTES);
  const ends = writeRows(output, format, merges);
  const written = writtenBytes(output);
  const batches = [0, ...ends].map((start, index) => written.subarray(start, ends[index]));
  return { copyInto: format.into, batches };
}
