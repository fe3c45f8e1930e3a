import type { CastKey, FoundCast } from "@snaprag/embeddings";
import { encodeKeys } from "../cast-keys.ts";
import type { Queryable } from "../extensions.ts";
import { USERNAME } from "../username.ts";

const SELECT_CASTS = `
select k.fid, k.hash, c.text, c."timestamp", c.parent_url, ${USERNAME} as username
from unnest($1::int8[], $2::bytea[]) with ordinality as k (fid, hash, place)
join casts c on c.fid = k.fid and c.hash = k.hash and c.deleted_at is null
order by k.place`;

/** Reads live casts in the order of their keys. */
export async function readCasts(
  session: Queryable,
  keys: readonly CastKey[],
): Promise<readonly FoundCast[]> {
  if (keys.length === 0) return [];
  const { rows } = await session.query({ text: SELECT_CASTS, values: [...encodeKeys(keys)] });
  return rows.map(({ fid, hash, text, timestamp, parent_url: parentUrl, username }) => ({
    fid: BigInt.asUintN(64, fid),
    hash,
    text,
    timestamp,
    parentUrl,
    username,
  }));
}
