// Which casts a set is of: kept beside the set, and asked of casts in SQL.
import type { CastSelection } from "@snaprag/embeddings";

/** A selection as the database keeps it. */
export interface StoredSelection {
  readonly minCharacters?: number;
  /** As `bigint` columns have them, as text, in order. */
  readonly fids?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly channels?: readonly string[];
}

/** Authors in the order in which the database has them. */
function toStoredFids(fids: readonly bigint[]): readonly string[] {
  const signed = [...new Set(fids.map((fid) => BigInt.asIntN(64, fid)))];
  return signed.sort((a, b) => (a < b ? -1 : Number(a > b))).map(String);
}

/** Selections of the same casts, named in whatever order, are stored the same. */
export function toStoredSelection(selection: CastSelection): StoredSelection {
  const { minCharacters, fids, since, until, channels } = selection;
  return {
    ...(minCharacters === undefined ? {} : { minCharacters }),
    ...(fids === undefined ? {} : { fids: toStoredFids(fids) }),
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    ...(channels === undefined ? {} : { channels: [...new Set(channels)].sort() }),
  };
}

/** Whether a cast `c` is one of a set `s`, live or not. */
export const IS_SELECTED = `(
  coalesce(char_length(c.text) >= (s.selection ->> 'minCharacters')::int, true)
  and coalesce(s.selection -> 'fids' ? c.fid::text, true)
  and coalesce(c."timestamp" >= (s.selection ->> 'since')::timestamptz, true)
  and coalesce(c."timestamp" < (s.selection ->> 'until')::timestamptz, true)
  and (s.selection -> 'channels' is null or coalesce(s.selection -> 'channels' ? c.parent_url, false))
)`;

/** What a refusal remembers of the text of a cast `c`. */
export const TEXT_HASH = "sha256(convert_to(c.text, 'UTF8'))";

/** Whether the text of a cast `c` was refused to a set `s`. */
export const IS_REFUSED: string = `exists (
  select from embedding_refusals r
  where r.fid = c.fid and r.hash = c.hash and r.set_id = s.set_id and r.text_hash = ${TEXT_HASH}
)`;
