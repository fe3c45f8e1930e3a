// Keys of casts, as statements take them and as maps do.
import type { CastKey } from "@snaprag/embeddings";
import { encodeArray } from "../tables/binary-values.ts";
import { bytea, int8 } from "../tables/column-types.ts";

/** Keys as parameters for `unnest($1::int8[], $2::bytea[])`. */
export function encodeKeys(keys: readonly CastKey[]): readonly [fids: Buffer, hashes: Buffer] {
  const fids = keys.map(({ fid }) => fid);
  const hashes = keys.map(({ hash }) => hash);
  return [encodeArray(int8, fids), encodeArray(bytea, hashes)];
}

/** A key as one word; the same for a fid as the database has it, which has a sign. */
export function wordOf({ fid, hash }: CastKey): string {
  return `${BigInt.asUintN(64, fid)} ${Buffer.from(hash).toString("hex")}`;
}
