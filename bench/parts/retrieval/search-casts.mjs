// Casts with vectors, straight into a database, and the truth about which of them are near.
import { createHash } from "node:crypto";
import pg from "pg";

/** Numbers in a vector, as small models of texts have. */
export const DIMENSION = 384;

const CLOUDS = 1000;
/** How far casts are from the middle of their cloud, against how far clouds are from each other. */
const SPREAD = 0.6;
const WORDS = 5000;
const CHANNELS = 20;
const AUTHORS = 1000;
const BATCH = 500;

/** The same sequence on every machine. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function gaussian(random) {
  return Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
}

function normalized(vector) {
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}

function nearTo(middle, random) {
  return normalized(middle.map((number) => number + SPREAD * gaussian(random) * 0.05));
}

/** A few words are in every other text, most in hardly any. */
function makeText(random) {
  const count = 4 + Math.floor(random() * 20);
  return Array.from({ length: count }, () => `w${Math.floor(WORDS * random() ** 3)}`).join(" ");
}

function makeCast(index, { middles, random, channels }) {
  const middle = middles[Math.floor(random() * middles.length)];
  return {
    fid: (index % AUTHORS) + 1,
    hash: createHash("sha256").update(`cast ${index}`).digest().subarray(0, 20),
    text: makeText(random),
    channel: channels[Math.floor(random() * channels.length)],
    vector: Float32Array.from(nearTo(middle, random)),
  };
}

const INSERT_CASTS = `
insert into casts (fid, "timestamp", event_id, cast_type, parent_url, text, embeds, mentions,
  mentions_positions, hash, signer, signature)
select fid, now() - fid * interval '1 minute', 1, 0, url, text, '[]', '[]', '[]', hash, '', ''
from unnest($1::int8[], $2::bytea[], $3::text[], $4::text[]) as c (fid, hash, text, url)`;

const insertVectors = (type) => `
insert into cast_embeddings (fid, hash, set_id, chunk, content_hash, embedding)
select fid, hash, $1, 0, substr(hash, 1, 16), vector::${type}
from unnest($2::int8[], $3::bytea[], $4::text[]) as v (fid, hash, vector)`;

/** In a transaction: of an embedded database others use the session as well. */
async function insertInBatches(client, casts, insert) {
  for (let from = 0; from < casts.length; from += BATCH) {
    await client.query("begin");
    await insert(casts.slice(from, from + BATCH));
    await client.query("commit");
  }
}

const column = (casts, name) => casts.map((cast) => cast[name]);

/** Fills a database with casts that have their vectors, and has them indexed. */
export async function fillWithCasts({ connection, embeddings }, { casts: count, model }) {
  const random = createRandom(1);
  const middles = Array.from({ length: CLOUDS }, () =>
    normalized(Array.from({ length: DIMENSION }, () => gaussian(random))),
  );
  const channels = Array.from(
    { length: CHANNELS },
    (_, index) => `https://channels.example/${index}`,
  );
  const world = { middles, random, channels };
  const casts = Array.from({ length: count }, (_, index) => makeCast(index, world));
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await insertInBatches(client, casts, (batch) =>
      client.query(INSERT_CASTS, [
        ...[column(batch, "fid"), column(batch, "hash")],
        ...[column(batch, "text"), column(batch, "channel")],
      ]),
    );
    const set = await embeddings.takeUp({
      ...{ model, version: "1", recipe: "generated", dimension: DIMENSION },
      context: { hasParent: false, hasQuotes: false },
      ...{ selection: {}, storage: "pgvector" },
    });
    await insertInBatches(client, casts, (batch) =>
      client.query(insertVectors(set.vectorType), [
        ...[set.setId, column(batch, "fid"), column(batch, "hash")],
        batch.map(({ vector }) => `[${vector.join()}]`),
      ]),
    );
    await client.query("update embedding_sets set walked_at = now()");
    await embeddings.complete(set.setId);
    await client.query("analyze casts");
  } finally {
    await client.end();
  }
  return { ...world, casts };
}

/** Searches: a vector near a cloud, and two words that some casts have. */
export function makeQueries({ middles }, count) {
  const random = createRandom(2);
  return Array.from({ length: count }, () => {
    const vector = nearTo(middles[Math.floor(random() * middles.length)], random);
    const text = `w${Math.floor(random() * 50)} w${Math.floor(random() * 200)}`;
    return { vector: Float32Array.from(vector), text };
  });
}

/** For each search the hashes of the nearest casts, found by looking at every one. */
export function findNearest({ casts }, queries, limit) {
  return queries.map(({ vector }) => {
    const scored = casts.map(({ hash, vector: other }) => {
      let score = 0;
      for (let index = 0; index < other.length; index++) score += other[index] * vector[index];
      return { hash, score };
    });
    const best = scored.sort((a, b) => b.score - a.score).slice(0, limit);
    return new Set(best.map(({ hash }) => Buffer.from(hash).toString("hex")));
  });
}
