import type { CastSearchStore, ScoredCast } from "@snaprag/embeddings";
import type { PoolClient } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { encodeKeys } from "../cast-keys.ts";
import { toFilterSql } from "./filter.ts";
import { toScoredCasts } from "./scored-casts.ts";
import { findTrigramSchema, WORDS } from "./text-indexes.ts";

/** A question for the casts with some words. */
export type WordQuery = Parameters<CastSearchStore["searchByWords"]>[0];

function searchWords(client: PoolClient, { text, filter, limit }: WordQuery) {
  const { where, values } = toFilterSql(filter, 2);
  return client.query(
    `select c.fid, c.hash, ts_rank_cd(${WORDS}, query) as score
    from casts c, websearch_to_tsquery('simple', $1) query
    where ${WORDS} @@ query and ${where}
    order by score desc, c."timestamp" desc, c.fid, c.hash limit ${limit}`,
    [text, ...values],
  );
}

/** Casts with words that are similar, besides those that were found. */
function searchSimilar(
  client: PoolClient,
  { text, filter, limit }: WordQuery,
  { schema, found }: { readonly schema: string; readonly found: readonly ScoredCast[] },
) {
  const { where, values } = toFilterSql(filter, 4);
  return client.query(
    `select c.fid, c.hash, ${schema}.word_similarity($3, c.text) as score
    from casts c
    where $3 operator(${schema}.<%) c.text and ${where} and not exists (
      select from unnest($1::int8[], $2::bytea[]) as k (fid, hash)
      where k.fid = c.fid and k.hash = c.hash
    )
    order by score desc, c."timestamp" desc, c.fid, c.hash limit ${limit - found.length}`,
    [...encodeKeys(found), text, ...values],
  );
}

async function search(client: PoolClient, query: WordQuery): Promise<readonly ScoredCast[]> {
  const found = toScoredCasts(await searchWords(client, query));
  if (found.length >= query.limit) return found;
  const schema = await findTrigramSchema(client);
  if (schema === undefined) return found;
  return [...found, ...toScoredCasts(await searchSimilar(client, query, { schema, found }))];
}

/**
 * Finds live casts by words, see `CastSearchStore`. Scores of casts with similar words are their
 * similarity, 0 to 1, and follow those of casts with the words themselves.
 */
export async function searchByWords(
  { transact }: Connections,
  query: WordQuery,
): Promise<readonly ScoredCast[]> {
  if (query.limit <= 0) return [];
  // The database knows no text with NUL in it.
  const text = query.text.replaceAll("\0", " ");
  return transact((client) => search(client, { ...query, text }));
}
