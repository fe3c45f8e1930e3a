// PostgreSQL's binary formats, for the column types that relations use.
import type { EmbedValue } from "@snaprag/processors";
import { fromJsonBytes, toJsonText } from "./json-text.ts";

/** How a value becomes bytes. `undefined` never occurs; null is written as SQL null. */
export interface ColumnType {
  /** Type of the array's elements, as in `$1::int8[]`. */
  readonly arrayType: string;
  readonly elementOid: number;
  /** Type of the column, when elements have to be cast to it. */
  readonly castTo?: string;
  /** Bytes that {@link write} will need. */
  readonly sizeOf: (value: never) => number;
  /** Writes one element and returns the offset behind it. */
  readonly write: (target: Buffer, value: never, offset: number) => number;
  /** What was written, from the value that the driver reads; never called with null. */
  readonly read: (value: never) => unknown;
}

/** PostgreSQL counts microseconds from 2000-01-01T00:00:00Z. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

interface TypedColumnType<Value, Stored> {
  readonly arrayType: string;
  readonly elementOid: number;
  readonly castTo?: string;
  readonly sizeOf: (value: Value) => number;
  readonly write: (target: Buffer, value: Value, offset: number) => number;
  readonly read: (value: Stored) => Value;
}

function defineColumnType<Value, Stored = Value>(type: TypedColumnType<Value, Stored>): ColumnType {
  // Safety: the column list pairs each type with rows whose column holds exactly that value.
  return type as unknown as ColumnType;
}

const HALF = 2 ** 32;

/** Writes a whole number that a double holds exactly: far cheaper than as a `bigint`. */
function writeSafeInteger(target: Buffer, value: number, offset: number): number {
  target.writeInt32BE(Math.floor(value / HALF), offset);
  return target.writeUInt32BE(value >>> 0, offset + 4);
}

/** `bigint` for every uint64; values from 2^63 on are stored as their two's complement. */
export const int8: ColumnType = defineColumnType<bigint>({
  arrayType: "int8",
  elementOid: 20,
  sizeOf: () => 8,
  write(target, value, offset) {
    const approximate = Number(value);
    return Number.isSafeInteger(approximate)
      ? writeSafeInteger(target, approximate, offset)
      : target.writeBigInt64BE(BigInt.asIntN(64, value), offset);
  },
  read: (value) => BigInt.asUintN(64, value),
});

/** `bigint` for uint32, which PostgreSQL's signed `int` cannot hold. */
export const uint32: ColumnType = defineColumnType<number, bigint>({
  arrayType: "int8",
  elementOid: 20,
  sizeOf: () => 8,
  write: writeSafeInteger,
  read: Number,
});

/** `int` for enums, whose numbers are signed 32-bit on the wire. */
export const int4: ColumnType = defineColumnType<number>({
  arrayType: "int4",
  elementOid: 23,
  sizeOf: () => 4,
  write: (target, value, offset) => target.writeInt32BE(value, offset),
  read: (value) => value,
});

/** `timestamptz` from a `Date`. */
export const timestamptz: ColumnType = defineColumnType<Date>({
  arrayType: "timestamptz",
  elementOid: 1184,
  sizeOf: () => 8,
  write(target, value, offset) {
    const milliseconds = value.getTime() - POSTGRES_EPOCH_MS;
    const microseconds = milliseconds * 1000;
    // The furthest a `Date` reaches, the year 275760, is within what PostgreSQL holds.
    return Number.isSafeInteger(microseconds)
      ? writeSafeInteger(target, microseconds, offset)
      : target.writeBigInt64BE(BigInt(milliseconds) * 1000n, offset);
  },
  read: (value) => value,
});

/** `bytea`. */
export const bytea: ColumnType = defineColumnType<Uint8Array>({
  arrayType: "bytea",
  elementOid: 17,
  sizeOf: (value) => value.length,
  write: (target, value, offset) => {
    target.set(value, offset);
    return offset + value.length;
  },
  read: (value) => value,
});

interface TextFormat<Value, Stored> {
  readonly castTo?: string;
  readonly format: (value: Value) => string;
  readonly read: (value: Stored) => Value;
}

function defineText<Value, Stored>(options: TextFormat<Value, Stored>): ColumnType {
  const { castTo, format, read } = options;
  return defineColumnType<Value, Stored>({
    arrayType: "text",
    elementOid: 25,
    ...(castTo === undefined ? {} : { castTo }),
    sizeOf: (value) => Buffer.byteLength(format(value)),
    write: (target, value, offset) => offset + target.write(format(value), offset),
    read,
  });
}

/** `text`. Rows come without NUL characters. */
export const text: ColumnType = defineText<string, string>({
  format: (value) => value,
  read: (value) => value,
});

/** `jsonb` of strings. */
export const jsonbStrings: ColumnType = defineText<readonly string[], readonly string[]>({
  castTo: "jsonb",
  format: toJsonText,
  read: (value) => value,
});

/** `jsonb` of 32-bit numbers. */
export const jsonbNumbers: ColumnType = defineText<readonly number[], readonly number[]>({
  castTo: "jsonb",
  format: toJsonText,
  read: (value) => value,
});

type JsonBigint = number | string;

/** `jsonb` of uint64; see {@link toJsonText} for those beyond a JSON number. */
export const jsonbBigints: ColumnType = defineText<readonly bigint[], readonly JsonBigint[]>({
  castTo: "jsonb",
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
export const jsonbEmbeds: ColumnType = defineText<readonly EmbedValue[], readonly StoredEmbed[]>({
  castTo: "jsonb",
  format: toJsonText,
  read: (embeds) => embeds.map(readEmbed),
});

/** `bigint[]`. Passed as text, because `unnest` would flatten an array of arrays. */
export const int8Array: ColumnType = defineText<readonly bigint[], readonly string[]>({
  castTo: "int8[]",
  format: (values) => `{${values.map((value) => BigInt.asIntN(64, value)).join()}}`,
  read: (values) => values.map((value) => BigInt.asUintN(64, BigInt(value))),
});

/** `int[]`. Passed as text, as {@link int8Array}. */
export const int4Array: ColumnType = defineText<readonly number[], readonly number[]>({
  castTo: "int4[]",
  format: (values) => `{${values.join()}}`,
  read: (values) => values,
});

const HEADER_BYTES = 20;

/**
 * One-dimensional array in PostgreSQL's binary format, ready as a parameter of a statement.
 *
 * A thousand rows in one parameter for each column cost the database a third of what a thousand
 * parameter tuples cost (docs/architecture.md 5).
 */
export function encodeArray(type: ColumnType, values: readonly unknown[]): Buffer {
  // Safety: see defineColumnType.
  const elements = values as readonly never[];
  let size = HEADER_BYTES;
  let hasNull = 0;
  for (const value of elements) {
    if (value === null) hasNull = 1;
    size += 4 + (value === null ? 0 : type.sizeOf(value));
  }
  const target = Buffer.allocUnsafe(size);
  target.writeInt32BE(1, 0);
  target.writeInt32BE(hasNull, 4);
  target.writeInt32BE(type.elementOid, 8);
  target.writeInt32BE(elements.length, 12);
  target.writeInt32BE(1, 16);
  let offset = HEADER_BYTES;
  for (const value of elements) offset = writeElement(target, type, { value, offset });
  return target;
}

function writeElement(
  target: Buffer,
  type: ColumnType,
  { value, offset }: { value: never; offset: number },
): number {
  if (value === null) return target.writeInt32BE(-1, offset);
  const end = type.write(target, value, offset + 4);
  target.writeInt32BE(end - offset - 4, offset);
  return end;
}
