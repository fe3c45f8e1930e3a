// What claimed casts say, and what they speak of: a statement for all of them, and one each for the
// names and the quoted texts where there are any.
import type { CastContent, ClaimedCast, Mention } from "@snaprag/embeddings";
import type { QueryResult } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import { int8 } from "../../tables/column-types.ts";
import { fromJsonBytes } from "../../tables/json-text.ts";
import { encodeKeys, wordOf } from "../cast-keys.ts";
import type { Queryable } from "../extensions.ts";
import { USERNAME } from "../username.ts";
import { IS_REFUSED, IS_SELECTED } from "./selection.ts";

type Row = QueryResult["rows"][number];

/** A cast that was claimed, as the queue has it. */
export interface NotedCast {
  readonly fid: bigint;
  readonly hash: Uint8Array;
  readonly version: number;
}

interface StoredCastId {
  readonly fid: number | string;
  readonly hash: string;
}

const SELECT_CONTENTS = `
select k.fid, k.hash, k.version, c.text, c.mentions, c.mentions_positions, p.text as parent_text,
  case when s.has_quotes then c.embeds else '[]' end as embeds
from unnest($1::int8[], $2::bytea[], $3::int4[]) as k (fid, hash, version)
join embedding_sets s on s.set_id = $4
left join casts c on c.fid = k.fid and c.hash = k.hash and c.deleted_at is null
  and ${IS_SELECTED} and not ${IS_REFUSED}
left join casts p on s.has_parent
  and p.fid = c.parent_fid and p.hash = c.parent_hash and p.deleted_at is null`;

const SELECT_TEXTS = `
select c.fid, c.hash, c.text from unnest($1::int8[], $2::bytea[]) as k (fid, hash)
join casts c on c.fid = k.fid and c.hash = k.hash and c.deleted_at is null`;

const SELECT_USERNAMES = `
select k.fid, ${USERNAME} as username from unnest($1::int8[]) as k (fid)`;

function mentionedFids(row: Row): readonly bigint[] {
  return (row.mentions ?? []).map(BigInt);
}

function quotedKeys(row: Row) {
  const embeds: readonly { readonly cast_id?: StoredCastId }[] = row.embeds ?? [];
  return embeds.flatMap(({ cast_id: id }) =>
    id === undefined ? [] : [{ fid: BigInt(id.fid), hash: fromJsonBytes(id.hash) }],
  );
}

async function readUsernames(session: Queryable, rows: readonly Row[]) {
  const fids = [...new Set(rows.flatMap(mentionedFids))];
  if (fids.length === 0) return new Map<bigint, string>();
  const found = await session.query({ text: SELECT_USERNAMES, values: [encodeArray(int8, fids)] });
  return new Map<bigint, string>(
    found.rows
      .filter(({ username }) => username !== null)
      .map(({ fid, username }) => [BigInt.asUintN(64, fid), username]),
  );
}

async function readQuotedTexts(session: Queryable, rows: readonly Row[]) {
  const keys = rows.flatMap(quotedKeys);
  if (keys.length === 0) return new Map<string, string>();
  const found = await session.query({ text: SELECT_TEXTS, values: [...encodeKeys(keys)] });
  return new Map<string, string>(
    found.rows.map(({ fid, hash, text }) => [wordOf({ fid, hash }), text]),
  );
}

function toMentions(row: Row, usernames: ReadonlyMap<bigint, string>): readonly Mention[] {
  const positions: readonly number[] = row.mentions_positions;
  return mentionedFids(row)
    .map((fid, index) => ({
      fid,
      position: positions[index] ?? 0,
      username: usernames.get(fid),
    }))
    .sort((a, b) => a.position - b.position);
}

function toContent(
  row: Row,
  usernames: ReadonlyMap<bigint, string>,
  texts: ReadonlyMap<string, string>,
): CastContent | undefined {
  if (row.text === null) return undefined;
  return {
    text: row.text,
    mentions: toMentions(row, usernames),
    parentText: row.parent_text ?? undefined,
    quotedTexts: quotedKeys(row).flatMap(({ fid, hash }) => texts.get(wordOf({ fid, hash })) ?? []),
  };
}

/** Reads claimed casts as they are now: without content where they are not to be embedded. */
export async function readContents(
  session: Queryable,
  setId: number,
  noted: readonly NotedCast[],
): Promise<readonly ClaimedCast[]> {
  if (noted.length === 0) return [];
  const versions = noted.map(({ version }) => version);
  const { rows } = await session.query({
    text: SELECT_CONTENTS,
    values: [...encodeKeys(noted), versions, setId],
  });
  const usernames = await readUsernames(session, rows);
  const texts = await readQuotedTexts(session, rows);
  return rows.map((row) => ({
    fid: BigInt.asUintN(64, row.fid),
    hash: row.hash,
    version: row.version,
    content: toContent(row, usernames, texts),
  }));
}
