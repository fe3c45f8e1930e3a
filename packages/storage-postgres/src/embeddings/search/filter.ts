// Which casts a search is of, in SQL.
import type { CastFilter } from "@snaprag/embeddings";

/** Conditions on a live cast `c`, and the values of their parameters. */
export interface FilterSql {
  readonly where: string;
  readonly values: readonly unknown[];
}

/** A filter as SQL, its parameters numbered from `first`. Removed casts are never found. */
export function toFilterSql({ fid, channel, since }: CastFilter, first: number): FilterSql {
  const given = [
    ["c.fid =", fid === undefined ? undefined : BigInt.asIntN(64, fid)],
    ["c.parent_url =", channel],
    [`c."timestamp" >=`, since],
  ].filter(([, value]) => value !== undefined);
  const conditions = given.map(([condition], index) => `${condition} $${first + index}`);
  return {
    where: ["c.deleted_at is null", ...conditions].join(" and "),
    values: given.map(([, value]) => value),
  };
}
