import type { FinishedCast, FinishedClaim } from "@snaprag/embeddings";
import type { PoolClient } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import { bytea, text } from "../../tables/column-types.ts";
import { encodeKeys, wordOf } from "../cast-keys.ts";
import { KEEP_SETS } from "../sets/lock-sets.ts";
import { toVectorText } from "../sets/vector-column.ts";
import { TEXT_HASH } from "./selection.ts";

const KEYS = "unnest($1::int8[], $2::bytea[])";

/**
 * Takes off the queue what is still as it was claimed. What somebody else is writing to just now is
 * passed over, since its version or its lease is about to be another.
 */
const TAKE_OFF = `
with held as (
  select q.fid, q.hash from embedding_queue q
  join unnest($1::int8[], $2::bytea[], $3::int4[]) as k (fid, hash, version)
    on q.fid = k.fid and q.hash = k.hash and q.version = k.version
  where q.lease_id = $4 order by 1, 2 for update of q skip locked
)
delete from embedding_queue q using held
where q.fid = held.fid and q.hash = held.hash returning q.fid, q.hash`;

const DROP_PARTS_BEYOND = `
delete from cast_embeddings e using unnest($1::int8[], $2::bytea[], $3::int4[]) as k (fid, hash, parts)
where e.fid = k.fid and e.hash = k.hash and e.set_id = $4 and e.chunk >= k.parts`;

/** Of every set: those that are not current have nobody else to do it. */
const DROP_ENDED = `
delete from cast_embeddings e using ${KEYS} as k (fid, hash)
where e.fid = k.fid and e.hash = k.hash and not exists (
  select from casts c where c.fid = e.fid and c.hash = e.hash and c.deleted_at is null
)`;

/** Every type of column takes an array. What is there already is not written again. */
const WRITE_PARTS = `
insert into cast_embeddings as e (fid, hash, chunk, content_hash, embedding, set_id)
select fid, hash, chunk, content_hash, embedding::real[], $6
from unnest($1::int8[], $2::bytea[], $3::int4[], $4::bytea[], $5::text[])
  as k (fid, hash, chunk, content_hash, embedding)
on conflict (fid, hash, set_id, chunk) do update
  set content_hash = excluded.content_hash, embedding = excluded.embedding
  where e.content_hash <> excluded.content_hash`;

const WRITE_REFUSALS = `
insert into embedding_refusals (fid, hash, set_id, text_hash, reason)
select c.fid, c.hash, $4, ${TEXT_HASH}, k.reason
from unnest($1::int8[], $2::bytea[], $3::text[]) as k (fid, hash, reason)
join casts c on c.fid = k.fid and c.hash = k.hash
on conflict (fid, hash, set_id) do update
  set text_hash = excluded.text_hash, reason = excluded.reason, refused_at = now()`;

/** Of casts that were embedded after all, and of those that have ended. */
const CLEAR_REFUSALS = `
delete from embedding_refusals r using unnest($1::int8[], $2::bytea[], $3::int4[]) as k (fid, hash, parts)
where r.fid = k.fid and r.hash = k.hash and (
  r.set_id = $4 and k.parts > 0 or not exists (
    select from casts c where c.fid = r.fid and c.hash = r.hash and c.deleted_at is null
  )
)`;

const WINDOW_SECONDS = "extract(epoch from clock_timestamp() - window_started_at)";
const IS_WINDOW_OVER = `${WINDOW_SECONDS} >= 60`;

/** A window is a minute, or longer where nothing was finished; what ends it counts for it. */
const COUNT = `
update embedding_sets set
  cast_count = cast_count + $2, text_count = text_count + $3, token_count = token_count + $4,
  last_rate = case when ${IS_WINDOW_OVER}
    then (window_casts + $2) / ${WINDOW_SECONDS} else last_rate end,
  window_casts = case when ${IS_WINDOW_OVER} then 0 else window_casts + $2 end,
  window_started_at = case when ${IS_WINDOW_OVER}
    then clock_timestamp() else window_started_at end
where set_id = $1`;

/** The casts of a claim that nobody has changed or claimed meanwhile, off the queue by now. */
async function takeOffQueue(
  client: PoolClient,
  { casts, leaseId }: FinishedClaim,
): Promise<readonly FinishedCast[]> {
  // What counts comes last, yet its lock comes before those of casts.
  await client.query(KEEP_SETS);
  const versions = casts.map(({ version }) => version);
  const { rows } = await client.query(TAKE_OFF, [...encodeKeys(casts), versions, leaseId]);
  const taken = new Set(rows.map(({ fid, hash }) => wordOf({ fid, hash })));
  return casts.filter((cast) => taken.has(wordOf(cast)));
}

async function writeParts(client: PoolClient, setId: number, casts: readonly FinishedCast[]) {
  const parts = casts.flatMap(({ fid, hash, parts: own }) =>
    own.map((part, chunk) => ({ fid, hash, chunk, ...part })),
  );
  if (parts.length === 0) return;
  const hashes = parts.map(({ contentHash }) => contentHash);
  const vectors = parts.map(({ vector }) => toVectorText(vector));
  await client.query(WRITE_PARTS, [
    ...encodeKeys(parts),
    parts.map(({ chunk }) => chunk),
    encodeArray(bytea, hashes),
    encodeArray(text, vectors),
    setId,
  ]);
}

async function writeRefusals(client: PoolClient, setId: number, casts: readonly FinishedCast[]) {
  const refused = casts.filter(({ refusal }) => refusal !== undefined);
  if (refused.length === 0) return;
  const reasons = refused.map(({ refusal = "" }) => refusal.replaceAll("\0", "").slice(0, 2000));
  await client.query(WRITE_REFUSALS, [...encodeKeys(refused), reasons, setId]);
}

async function dropWhatEnded(client: PoolClient, setId: number, casts: readonly FinishedCast[]) {
  const keys = encodeKeys(casts);
  const partCounts = casts.map(({ parts }) => parts.length);
  await client.query(DROP_PARTS_BEYOND, [...keys, partCounts, setId]);
  await client.query(CLEAR_REFUSALS, [...keys, partCounts, setId]);
  const empty = casts.filter(({ parts }) => parts.length === 0);
  if (empty.length > 0) await client.query(DROP_ENDED, [...encodeKeys(empty)]);
}

/** Writes what a claim came to, in a transaction; see `EmbeddingStore`. */
export async function finish(client: PoolClient, claim: FinishedClaim): Promise<void> {
  const { setId, textCount, tokenCount } = claim;
  const casts = claim.casts.length === 0 ? [] : await takeOffQueue(client, claim);
  if (casts.length > 0) {
    await dropWhatEnded(client, setId, casts);
    await writeParts(client, setId, casts);
    await writeRefusals(client, setId, casts);
  }
  await client.query(COUNT, [setId, casts.length, textCount, tokenCount]);
}
