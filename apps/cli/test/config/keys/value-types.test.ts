import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import type { ValueType } from "../../../src/config/keys/value-types.ts";
import {
  accountIds,
  applicationName,
  databaseUrl,
  duration,
  eventId,
  httpUrl,
  integerBetween,
  momentInTime,
  oneOf,
  positiveInteger,
  publicKeys,
  schemaName,
  shardIds,
  text,
  texts,
  trueOrFalse,
  wholeNumber,
} from "../../../src/config/keys/value-types.ts";

/** A public key in hex. */
const KEY = "0123456789abcdef".repeat(4);

/** A value of each type, for laws that hold for all of them. */
const SAMPLES: readonly (readonly [string, ValueType<unknown>, fc.Arbitrary<unknown>])[] = [
  ["text", text as ValueType<unknown>, fc.string({ unit: "binary", minLength: 1 })],
  [
    "texts",
    texts as ValueType<unknown>,
    fc.array(fc.stringMatching(/^[a-z0-9:/."\\]+$/), { minLength: 1 }),
  ],
  ["schemaName", schemaName as ValueType<unknown>, fc.stringMatching(/^[a-z_][a-z0-9_]{0,62}$/)],
  [
    "applicationName",
    applicationName as ValueType<unknown>,
    fc.stringMatching(/^[!-~]([ -~]{0,48}[!-~])?$/),
  ],
  ["duration", duration as ValueType<unknown>, fc.integer({ min: 1, max: 2 ** 31 - 1 })],
  ["trueOrFalse", trueOrFalse as ValueType<unknown>, fc.boolean()],
  ["positiveInteger", positiveInteger as ValueType<unknown>, fc.integer({ min: 1 })],
  ["wholeNumber", wholeNumber as ValueType<unknown>, fc.nat()],
  ["integerBetween", integerBetween(2, 32) as ValueType<unknown>, fc.integer({ min: 2, max: 32 })],
  ["eventId", eventId as ValueType<unknown>, fc.bigInt({ min: 1n << 14n, max: 2n ** 63n - 1n })],
  ["shardIds", shardIds as ValueType<unknown>, fc.array(fc.nat(), { minLength: 1 })],
  [
    "publicKeys",
    publicKeys as ValueType<unknown>,
    fc.uniqueArray(fc.stringMatching(/^[0-9a-f]{64}$/)),
  ],
  [
    "databaseUrl",
    databaseUrl as ValueType<unknown>,
    fc.constantFrom("postgres://u:p@h:1/d", "postgresql:///d?host=/run"),
  ],
  [
    "httpUrl",
    httpUrl as ValueType<unknown>,
    fc.constantFrom("http://localhost:11434/v1", "https://u:p@models.example"),
  ],
  [
    "accountIds",
    accountIds as ValueType<unknown>,
    fc.array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), { minLength: 1 }),
  ],
  [
    "momentInTime",
    momentInTime as ValueType<unknown>,
    fc
      .date({ min: new Date("1970-01-01"), max: new Date("2999-12-31"), noInvalidDate: true })
      .map((date) => new Date(date.getTime())),
  ],
  ["oneOf", oneOf(["red", "green"]) as ValueType<unknown>, fc.constantFrom("red", "green")],
];

describe("every value type", () => {
  it.each(SAMPLES)("reads its values from TOML: %s", (_, type, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const document = stringify({ value });
        const { value: parsed } = parse(document, { integersAsBigInt: "asNeeded" });
        expect(parsed).toBeDefined();

        expect(type.fromToml(parsed ?? "")).toEqual(value);
      }),
    );
  });
});

describe("readers of text", () => {
  it.each([
    [texts, "http://a,http://b", ["http://a", "http://b"]],
    [texts, " http://a , http://b ", ["http://a", "http://b"]],
    [trueOrFalse, "false", false],
    [positiveInteger, "12", 12],
    [integerBetween(2, 32), "2", 2],
    [integerBetween(2, 32), "32", 32],
    [eventId, "18446744073709551615", 18_446_744_073_709_551_615n],
    [shardIds, "2,0,1", [2, 0, 1]],
    [wholeNumber, "0", 0],
    [publicKeys, KEY, [KEY]],
    [publicKeys, `0x${KEY.toUpperCase()}, ${"1".repeat(64)},${KEY}`, [KEY, "1".repeat(64)]],
    [accountIds, "3, 18446744073709551615", [3n, 18_446_744_073_709_551_615n]],
    [momentInTime, "2026-01-31", new Date("2026-01-31T00:00:00Z")],
    [momentInTime, "2026-01-31T12:00:00+02:00", new Date("2026-01-31T10:00:00Z")],
    [oneOf(["red", "green"]), "green", "green"],
  ] as const)("read what is right (%#)", (type, written, value) => {
    expect(type.fromText(written)).toEqual(value);
  });

  it.each([
    [text, ""],
    [texts, "http://a,,http://b"],
    [trueOrFalse, "yes"],
    [positiveInteger, "0"],
    [positiveInteger, "1.5"],
    [positiveInteger, "99999999999999999999"],
    [integerBetween(2, 32), "1"],
    [integerBetween(2, 32), "33"],
    [integerBetween(2, 32), "two"],
    [eventId, "-1"],
    [eventId, "1"],
    [eventId, "16383"],
    [eventId, "18446744073709551616"],
    [shardIds, "1,x"],
    [shardIds, ""],
    [wholeNumber, "-1"],
    [publicKeys, ""],
    [publicKeys, KEY.slice(1)],
    [publicKeys, `${KEY}00`],
    [publicKeys, `x${KEY.slice(1)}`],
    [publicKeys, `${KEY},`],
    [schemaName, "My Schema"],
    [schemaName, "a".repeat(64)],
    [databaseUrl, "localhost/farcaster"],
    [databaseUrl, "mysql://localhost/farcaster"],
    [httpUrl, "localhost:11434"],
    [httpUrl, "ftp://localhost"],
    [accountIds, "3,x"],
    [accountIds, "18446744073709551616"],
    [momentInTime, "yesterday"],
    [momentInTime, "2026-01-31T12:00"],
    [momentInTime, "2026-13-01"],
    [oneOf(["red", "green"]), "blue"],
  ] as const)("refuse what is wrong (%#)", (type, written) => {
    expect(type.fromText(written)).toBeUndefined();
  });
});

describe("readers of TOML", () => {
  it("takes one endpoint for a list of one", () => {
    expect(texts.fromToml("http://a")).toEqual(["http://a"]);
  });

  it.each([
    [text, 5],
    [texts, ["a", 5]],
    [texts, []],
    [trueOrFalse, "true"],
    [positiveInteger, "12"],
    [positiveInteger, 0],
    [positiveInteger, 2.5],
    [integerBetween(2, 32), 33],
    [integerBetween(2, 32), "4"],
    [eventId, -1],
    [eventId, 1.5],
    [shardIds, 1],
    [shardIds, [-1]],
    [shardIds, [1, "2"]],
    [wholeNumber, -1],
    [wholeNumber, 0.5],
    [publicKeys, KEY],
    [publicKeys, [KEY, 5]],
    [publicKeys, [[KEY]]],
    [publicKeys, [KEY, "abc"]],
    [schemaName, 5],
    [schemaName, "1st"],
    [databaseUrl, 5],
    [oneOf(["red", "green"]), true],
  ] as const)("refuse what is wrong (%#)", (type, value) => {
    expect(type.fromToml(value as never)).toBeUndefined();
  });
});
