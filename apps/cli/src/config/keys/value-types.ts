// The kinds of values that configuration has, each readable from text (flags, variables) and from
// TOML.
import type { TomlValue } from "smol-toml";

const DATABASE_PROTOCOLS: readonly string[] = ["postgres:", "postgresql:"];

/** At most 63 bytes, as PostgreSQL cuts longer names. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

const APPLICATION_NAME = /^[!-~](?:[ -~]{0,48}[!-~])?$/;

/** Without a zone, a time would be another one on another machine. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

const PUBLIC_KEY = /^(?:0x)?([0-9a-f]{64})$/i;

/** One kind of value. Both readers return undefined for what is not such a value. */
export interface ValueType<Value> {
  /** What is right, to be read after "Expected". */
  readonly expected: string;
  /** Whether it is several values, separated by commas in text. */
  readonly isList?: true;
  fromText(text: string): Value | undefined;
  fromToml(value: TomlValue): Value | undefined;
}

/** Any text but none. */
export const text: ValueType<string> = {
  expected: "text",
  fromText: (value) => (value === "" ? undefined : value),
  fromToml: (value) => (typeof value === "string" && value !== "" ? value : undefined),
};

/** One text or a list of them; separated by commas outside of TOML. */
export const texts: ValueType<readonly string[]> = {
  expected: "text or a list of texts",
  isList: true,
  fromText: (value) => nonEmpty(splitList(value)),
  fromToml(value) {
    const list = Array.isArray(value) ? value : [value];
    const items = list.filter((item) => typeof item === "string");
    return items.length === list.length ? nonEmpty(items) : undefined;
  },
};

/** Name of a schema, as it can be written in SQL without quotes. */
export const schemaName: ValueType<string> = {
  expected: "a name of lower-case letters, digits and underscores",
  fromText: (value) => (SCHEMA_NAME.test(value) ? value : undefined),
  fromToml: (value) => (typeof value === "string" && SCHEMA_NAME.test(value) ? value : undefined),
};

/** Name of connections. PostgreSQL cuts it, with what is put behind it, at 63 characters. */
export const applicationName: ValueType<string> = {
  expected: "a name of 1 to 50 printable ASCII characters",
  fromText: (value) => (APPLICATION_NAME.test(value) ? value : undefined),
  fromToml: (value) =>
    typeof value === "string" && APPLICATION_NAME.test(value) ? value : undefined,
};

/** `true` or `false`. */
export const trueOrFalse: ValueType<boolean> = {
  expected: "true or false",
  fromText: (value) => (value === "true" || value === "false" ? value === "true" : undefined),
  fromToml: (value) => (typeof value === "boolean" ? value : undefined),
};

/** A count of at least 1. */
export const positiveInteger: ValueType<number> = {
  expected: "a whole number of at least 1",
  fromText: (value) => (/^\d+$/.test(value) ? atLeast(1, Number(value)) : undefined),
  fromToml: (value) => (typeof value === "number" ? atLeast(1, value) : undefined),
};

/** A count within bounds, both included. */
export function integerBetween(minimum: number, maximum: number): ValueType<number> {
  const within = (value: number | undefined) =>
    value !== undefined && value <= maximum ? value : undefined;
  return {
    expected: `a whole number from ${minimum} to ${maximum}`,
    fromText: (value) => within(/^\d+$/.test(value) ? atLeast(minimum, Number(value)) : undefined),
    fromToml: (value) => within(typeof value === "number" ? atLeast(minimum, value) : undefined),
  };
}

/** The longest that a timer of this process, or of PostgreSQL, can be set to: 24 days. */
export const MAX_DURATION_MS: number = 2 ** 31 - 1;

/** Milliseconds, of what cannot be waited for without end. */
export const duration: ValueType<number> = integerBetween(1, MAX_DURATION_MS);

/** A count that may be 0. */
export const wholeNumber: ValueType<number> = {
  expected: "a whole number, or 0",
  fromText: (value) => (/^\d+$/.test(value) ? atLeast(0, Number(value)) : undefined),
  fromToml: (value) => (typeof value === "number" ? atLeast(0, value) : undefined),
};

/** The low 14 bits of an event id are its place in a block, and block 0 has no events. */
const FIRST_EVENT_ID = 1n << 14n;

/** An event id: a uint64, hence a bigint (docs/protocol.md 1.1). */
export const eventId: ValueType<bigint> = {
  expected: `an event id, which is at least ${FIRST_EVENT_ID}, or 0`,
  fromText: (value) => (/^\d+$/.test(value) ? asEventId(BigInt(value)) : undefined),
  fromToml(value) {
    if (typeof value === "bigint") return asEventId(value);
    return Number.isInteger(value) ? asEventId(BigInt(Number(value))) : undefined;
  },
};

/** Ids of shards; separated by commas outside of TOML. */
export const shardIds: ValueType<readonly number[]> = {
  expected: "a list of shard ids, such as 0,1,2",
  isList: true,
  fromText(value) {
    const items = splitList(value);
    return items.every((item) => /^\d+$/.test(item)) ? toShardIds(items.map(Number)) : undefined;
  },
  fromToml: (value) => (Array.isArray(value) ? toShardIds(value) : undefined),
};

/** Ed25519 public keys in lower-case hex, each once; separated by commas outside of TOML. */
export const publicKeys: ValueType<readonly string[]> = {
  expected: "a list of public keys of 32 bytes, each 64 hexadecimal digits",
  isList: true,
  fromText: (value) => toPublicKeys(splitList(value)),
  fromToml: (value) => (Array.isArray(value) ? toPublicKeys(value) : undefined),
};

/** Where a PostgreSQL server is and how to log in there. */
export const databaseUrl: ValueType<string> = {
  expected:
    "a URL such as postgres://user:password@host:5432/database, with special characters in the password percent-encoded",
  fromText: (value) => (isDatabaseUrl(value) ? value : undefined),
  fromToml: (value) => (typeof value === "string" && isDatabaseUrl(value) ? value : undefined),
};

/** Where something is on the web, or on this machine. */
export const httpUrl: ValueType<string> = {
  expected: "a URL that begins with http:// or https://",
  fromText: (value) => (isHttpUrl(value) ? value : undefined),
  fromToml: (value) => (typeof value === "string" && isHttpUrl(value) ? value : undefined),
};

/** Fids: uint64s, hence bigints; separated by commas outside of TOML. */
export const accountIds: ValueType<readonly bigint[]> = {
  expected: "a list of fids, such as 3,5650",
  isList: true,
  fromText: (value) => toAccountIds(splitList(value)),
  fromToml: (value) => (Array.isArray(value) ? toAccountIds(value.map(String)) : undefined),
};

/** A day, at its beginning in UTC, or a time with its zone. */
export const momentInTime: ValueType<Date> = {
  expected: "a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z",
  fromText: toMoment,
  fromToml: (value) =>
    typeof value === "string" || value instanceof Date
      ? toMoment(value instanceof Date ? value.toISOString() : value)
      : undefined,
};

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): ValueType<Word> {
  const find = (value: TomlValue) => words.find((word) => word === value);
  return {
    expected: `one of ${words.join(", ")}`,
    fromText: find,
    fromToml: find,
  };
}

function splitList(value: string): string[] {
  return value.split(",").map((item) => item.trim());
}

function nonEmpty(items: readonly string[]): readonly string[] | undefined {
  return items.length > 0 && items.every((item) => item !== "") ? items : undefined;
}

function atLeast(minimum: number, value: number): number | undefined {
  return Number.isSafeInteger(value) && value >= minimum ? value : undefined;
}

function asEventId(value: bigint): bigint | undefined {
  return value === 0n || value >= FIRST_EVENT_ID ? asUint64(value) : undefined;
}

function asUint64(value: bigint): bigint | undefined {
  return value >= 0n && value < 2n ** 64n ? value : undefined;
}

function toShardIds(values: readonly TomlValue[]): readonly number[] | undefined {
  const ids = values.filter((value) => typeof value === "number");
  const isValid = ids.every((id) => Number.isSafeInteger(id) && id >= 0);
  return isValid && ids.length === values.length && ids.length > 0 ? ids : undefined;
}

function toPublicKeys(values: readonly TomlValue[]): readonly string[] | undefined {
  const written = values.filter((value) => typeof value === "string");
  const keys = written.flatMap((value) => PUBLIC_KEY.exec(value)?.[1]?.toLowerCase() ?? []);
  return keys.length === values.length ? [...new Set(keys)] : undefined;
}

function toAccountIds(values: readonly string[]): readonly bigint[] | undefined {
  const fids = values.flatMap((value) =>
    /^\d+$/.test(value) ? (asUint64(BigInt(value)) ?? []) : [],
  );
  return fids.length === values.length && fids.length > 0 ? fids : undefined;
}

function toMoment(value: string): Date | undefined {
  if (!MOMENT.test(value)) return undefined;
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}

function isDatabaseUrl(value: string): boolean {
  return URL.canParse(value) && DATABASE_PROTOCOLS.includes(new URL(value).protocol);
}
