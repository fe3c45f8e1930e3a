// How well and how fast casts are found: by the index of pgvector, by words, by both.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCastSearch } from "@snaprag/embeddings";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import { createEmbeddingStore } from "@snaprag/storage-postgres/embeddings";
import { percentile, round } from "../../measure/numbers.mjs";
import { DIMENSION, fillWithCasts, findNearest, makeQueries } from "./search-casts.mjs";

/** A server that has pgvector; the embedded database brings its own. */
const SERVER_VARIABLE = "BENCH_PGVECTOR_URL";
const CASTS = 100_000;
const CASTS_QUICK = 20_000;
const QUERIES = 300;
const LIMIT = 10;
const MODEL = "generated";

/** A provider whose answer is there already: what it costs is another's to tell. */
function answering(vector) {
  return {
    model: MODEL,
    dimension: DIMENSION,
    maxTokens: 512,
    maxBatchTexts: 64,
    countTokens: (text) => text.length,
    embed: async () => ({ vectors: [vector], tokenCount: 1 }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openServer(url) {
  const schema = "bench_search";
  const mirror = createPostgresStore({ connectionString: url, schema });
  const embeddings = createEmbeddingStore({ connectionString: url, schema });
  return {
    label: "server",
    connection: { connectionString: url, options: `-c search_path=${schema},public` },
    mirror,
    embeddings,
    async close() {
      await embeddings.close();
      await mirror.reset();
      await mirror.close();
    },
  };
}

async function openEmbedded() {
  const folder = mkdtempSync(join(tmpdir(), "snaprag-bench-"));
  const database = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "bench" });
  const mirror = createPostgresStore(database.storeOptions);
  const { connection } = database.storeOptions;
  const embeddings = createEmbeddingStore({ connection, backend: "embeddedGuest" });
  return {
    label: "embedded",
    connection,
    mirror,
    embeddings,
    async close() {
      await embeddings.close();
      await mirror.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Milliseconds that each of some searches took, and how many of the right casts they found. */
async function measureSearches(place, queries, { mode, filter, nearest }) {
  const times = [];
  let found = 0;
  for (const [index, { text, vector }] of queries.entries()) {
    const search = createCastSearch({ store: place.embeddings, provider: answering(vector) });
    const startedAt = performance.now();
    const hits = await search.search({ text, mode, filter: filter?.(index), limit: LIMIT });
    times.push(performance.now() - startedAt);
    const right = nearest?.[index] ?? new Set();
    found += hits.filter(({ hash }) => right.has(Buffer.from(hash).toString("hex"))).length;
  }
  const of = (share) => round(percentile(times, share), 1);
  return {
    recall: nearest && round(found / (queries.length * LIMIT), 4),
    ms: { p50: of(0.5), p95: of(0.95), p99: of(0.99) },
  };
}

async function measurePlace(place, { casts, log }) {
  await place.mirror.migrate();
  const startedAt = performance.now();
  const cloud = await fillWithCasts(place, { casts, model: MODEL });
  await place.embeddings.buildTextIndexes({ fullText: true, trigram: false });
  const seconds = round((performance.now() - startedAt) / 1000, 1);
  const queries = makeQueries(cloud, QUERIES);
  const nearest = findNearest(cloud, queries, LIMIT);
  const { vectorType } = await place.embeddings.findServingSet();
  // The first searches read what the others find in memory.
  await measureSearches(place, queries.slice(0, 20), { mode: "hybrid" });
  const measured = {
    vector: await measureSearches(place, queries, { mode: "vector", nearest }),
    words: await measureSearches(place, queries, { mode: "words" }),
    hybrid: await measureSearches(place, queries, { mode: "hybrid" }),
    hybridOfChannel: await measureSearches(place, queries, {
      mode: "hybrid",
      filter: (index) => ({ channel: cloud.channels[index % cloud.channels.length] }),
    }),
    hybridOfAuthor: await measureSearches(place, queries, {
      mode: "hybrid",
      filter: (index) => ({ fid: BigInt((index % 1000) + 1) }),
    }),
  };
  const { vector, hybrid } = measured;
  log(`${place.label}: recall ${vector.recall}, hybrid p95 ${hybrid.ms.p95} ms, ${vectorType}`);
  return { place: place.label, casts, vectorType, preparationSeconds: seconds, ...measured };
}

const NAMES = {
  vector: "vector",
  words: "words",
  hybrid: "hybrid",
  hybridOfChannel: "hybrid, one channel of 20",
  hybridOfAuthor: "hybrid, one author of 1,000",
};

export const search = {
  title: "Search",
  text: `Casts with generated vectors of ${DIMENSION} numbers, in clouds as those of real texts are, and searches near them. Recall is the share of the
${LIMIT} nearest, found one by one, that the index finds as well. Times are those of the library, from the question to the casts, with a
provider that answers at once. The server is the one that ${SERVER_VARIABLE} names, if it does.`,
  async run(context) {
    const casts = context.isQuick ? CASTS_QUICK : CASTS;
    const url = process.env[SERVER_VARIABLE];
    const places = [];
    for (const open of [openEmbedded, ...(url ? [() => openServer(url)] : [])]) {
      const place = await open();
      try {
        places.push(await measurePlace(place, { casts, log: context.log }));
      } finally {
        await place.close();
      }
    }
    return { places };
  },
  tables: ({ places }) =>
    places.map((place) => ({
      title: `${place.casts} casts, ${place.place} database, ${place.vectorType}, indexed in ${place.preparationSeconds} s with their making`,
      columns: ["search", "recall@10", "p50 ms", "p95 ms", "p99 ms"],
      rows: Object.entries(NAMES).map(([name, label]) => {
        const { recall, ms } = place[name];
        return [label, recall ?? "", ms.p50, ms.p95, ms.p99];
      }),
    })),
};
