// PostgreSQL's binary formats, for the column types that relations use.
import type { EmbedValue } from "@snaprag/processors";
import type { ElementType } from "./binary-values.ts";
import { writeArray } from "./binary-values.ts";
import type { ByteOutput } from "./byte-output.ts";
import { reserve } from "./byte-output.ts";
import { fromJsonBytes, toJsonText } from "./json-text.ts";

/** How a value becomes bytes. `undefined` never occurs; null is written as SQL null. */
export interface ColumnType extends ElementType {
  /** Type of the array's elements, as in `$1::int8[]`. */
  readonly arrayType: string;
  /** Type of the column, when elements have to be cast to it. */
  readonly castTo?: string;
  /** As `write`, in the column's own type, which COPY casts nothing to. @default write */
  readonly writeField?: ElementType["write"];
  /** What was written, from the value that the driver reads; never called with null. */
  readonly read: (value: never) => unknown;
}

/** PostgreSQL counts microseconds from 2000-01-01T00:00:00Z. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

type Write<Value> = (output: ByteOutput, value: Value) => void;

interface TypedColumnType<Value, Stored> {
  readonly arrayType: string;
  readonly elementOid: number;
  readonly castTo?: string;
  readonly write: Write<Value>;
  readonly writeField?: Write<Value>;
  readonly read: (value: Stored) => Value;
}

function defineColumnType<Value, Stored = Value>(type: TypedColumnType<Value, Stored>): ColumnType {
  // Safety: the column list pairs each type with rows whose column holds exactly that value.
  return type as unknown as ColumnType;
}

/** `bigint` for every uint64; values from 2^63 on are stored as their two's complement. */
export const int8: ColumnType = defineColumnType<bigint>({
  arrayType: "int8",
  elementOid: 20,
  write(output, value) {
    reserve(output, 8);
    output.view.setBigInt64(output.end, value);
    output.end += 8;
  },
  read: (value) => BigInt.asUintN(64, value),
});

const HALF = 2 ** 32;

/** Writes a whole number that a double holds exactly: far cheaper than as a `bigint`. */
function writeSafeInteger(output: ByteOutput, value: number): void {
  reserve(output, 8);
  output.view.setInt32(output.end, Math.floor(value / HALF));
  output.view.setUint32(output.end + 4, value);
  output.end += 8;
}

/** `bigint` for uint32, which PostgreSQL's signed `int` cannot hold. */
export const uint32: ColumnType = defineColumnType<number, bigint>({
  arrayType: "int8",
  elementOid: 20,
  write: writeSafeInteger,
  read: Number,
});

/** `int` for enums, whose numbers are signed 32-bit on the wire. */
export const int4: ColumnType = defineColumnType<number>({
  arrayType: "int4",
  elementOid: 23,
  write(output, value) {
    reserve(output, 4);
    output.view.setInt32(output.end, value);
    output.end += 4;
  },
  read: (value) => value,
});

/** `timestamptz` from a `Date`. */
export const timestamptz: ColumnType = defineColumnType<Date>({
  arrayType: "timestamptz",
  elementOid: 1184,
  write(output, value) {
    const milliseconds = value.getTime() - POSTGRES_EPOCH_MS;
    const microseconds = milliseconds * 1000;
    if (Number.isSafeInteger(microseconds)) {
      writeSafeInteger(output, microseconds);
      return;
    }
    // The furthest a `Date` reaches, the year 275760, is within what PostgreSQL holds.
    reserve(output, 8);
    output.view.setBigInt64(output.end, BigInt(milliseconds) * 1000n);
    output.end += 8;
  },
  read: (value) => value,
});

/** `bytea`. */
export const bytea: ColumnType = defineColumnType<Uint8Array>({
  arrayType: "bytea",
  elementOid: 17,
  write(output, value) {
    reserve(output, value.length);
    output.bytes.set(value, output.end);
    output.end += value.length;
  },
  read: (value) => value,
});

/** Most bytes that UTF-8 needs for a unit of UTF-16. */
const MAX_UNIT_BYTES = 3;

function writeText(output: ByteOutput, value: string): void {
  reserve(output, value.length * MAX_UNIT_BYTES);
  output.end += output.bytes.write(value, output.end);
}

interface TextFormat<Value, Stored> {
  readonly castTo?: string;
  readonly format: (value: Value) => string;
  readonly writeField?: Write<Value>;
  readonly read: (value: Stored) => Value;
}

function defineText<Value, Stored>(options: TextFormat<Value, Stored>): ColumnType {
  const { format, ...others } = options;
  return defineColumnType<Value, Stored>({
    arrayType: "text",
    elementOid: 25,
    write: (output, value) => writeText(output, format(value)),
    ...others,
  });
}

/** The only version of `jsonb` as bytes: text behind a one. */
const JSONB_VERSION = 1;

function defineJsonb<Value, Stored>(
  options: Pick<TextFormat<Value, Stored>, "format" | "read">,
): ColumnType {
  const { format } = options;
  return defineText<Value, Stored>({
    ...options,
    castTo: "jsonb",
    writeField(output, value) {
      reserve(output, 1);
      output.bytes[output.end] = JSONB_VERSION;
      output.end += 1;
      writeText(output, format(value));
    },
  });
}

/** `text`. Rows come without NUL characters. */
export const text: ColumnType = defineText<string, string>({
  format: (value) => value,
  read: (value) => value,
});

/** `jsonb` of strings. */
export const jsonbStrings: ColumnType = defineJsonb<readonly string[], readonly string[]>({
  format: toJsonText,
  read: (value) => value,
});

/** `jsonb` of 32-bit numbers. */
export const jsonbNumbers: ColumnType = defineJsonb<readonly number[], readonly number[]>({
  format: toJsonText,
  read: (value) => value,
});

type JsonBigint = number | string;

/** `jsonb` of uint64; see {@link toJsonText} for those beyond a JSON number. */
export const jsonbBigints: ColumnType = defineJsonb<readonly bigint[], readonly JsonBigint[]>({
  format: toJsonText,
  read: (values) => values.map(BigInt),
});

interface StoredEmbed {
  readonly url?: string;
  readonly cast_id?: { readonly fid: JsonBigint; readonly hash: string };
}

function readEmbed({ url, cast_id: castId }: StoredEmbed): EmbedValue {
  if (url !== undefined) return { url };
  if (castId === undefined) return {};
  return { cast_id: { fid: BigInt(castId.fid), hash: fromJsonBytes(castId.hash) } };
}

/** `jsonb` of a cast's embeds: `[{"url": "..."}, {"cast_id": {"fid": 1, "hash": "0x..."}}]`. */
export const jsonbEmbeds: ColumnType = defineJsonb<readonly EmbedValue[], readonly StoredEmbed[]>({
  format: toJsonText,
  read: (embeds) => embeds.map(readEmbed),
});

/** `bigint[]`. As text in a statement, because `unnest` would flatten an array of arrays. */
export const int8Array: ColumnType = defineText<readonly bigint[], readonly string[]>({
  castTo: "int8[]",
  format: (values) => `{${values.map((value) => BigInt.asIntN(64, value)).join()}}`,
  writeField: (output, values) => writeArray(output, int8, values),
  read: (values) => values.map((value) => BigInt.asUintN(64, BigInt(value))),
});

/** `int[]`. As text in a statement, as {@link int8Array}. */
export const int4Array: ColumnType = defineText<readonly number[], readonly number[]>({
  castTo: "int4[]",
  format: (values) => `{${values.join()}}`,
  writeField: (output, values) => writeArray(output, int4, values),
  read: (values) => values,
});
