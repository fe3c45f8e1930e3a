import pg from "pg";

const INT8_OID = 20;
const BYTEA_OID = 17;

/** `bytea` in the text protocol: `\x` and hexadecimal. */
function parseBytea(text: string): Uint8Array {
  const buffer = Buffer.from(text.slice(2), "hex");
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function getTypeParser(oid: number, format: "text" | "binary" = "text"): unknown {
  if (oid === INT8_OID && format === "text") return BigInt;
  if (oid === BYTEA_OID && format === "text") return parseBytea;
  // Safety: pg overloads getTypeParser per format; the value is passed through unchanged.
  return pg.types.getTypeParser(oid, format as "text");
}

/** Reads `bigint` as `bigint` and `bytea` as plain bytes on one pool; pg's own parsers stay. */
export const int8AsBigint: pg.CustomTypesConfig = {
  // Safety: pg types the result as `any` per overload; every branch above returns a parser.
  getTypeParser: getTypeParser as pg.CustomTypesConfig["getTypeParser"],
};
