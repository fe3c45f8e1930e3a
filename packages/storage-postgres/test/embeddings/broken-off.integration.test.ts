// Indexes of embeddings that are broken off where whoever wants them is told to stop.
import { expect, it } from "vitest";
import type { PostgresEmbeddingStore } from "../../src/embeddings/index.ts";
import { createEmbeddingStore } from "../../src/embeddings/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { aPlan } from "./support/embedding.ts";

const own = useDatabase();

/** Leaves a retired set with an index, for the current one to drop; without pgvector it is of another kind. */
async function retireSet(store: PostgresEmbeddingStore): Promise<number> {
  const old = await store.takeUp(aPlan());
  const { setId } = await store.takeUp(aPlan({ version: "2" }));
  await own.client.query(`update embedding_sets set walked_at = clock_timestamp(), state =
    case when set_id = ${setId} then 'serving' else 'retired' end`);
  const index = `cast_embeddings_nearest_${old.setId}`;
  await own.client.query(
    `create index ${index} on cast_embeddings (fid) where set_id = ${old.setId}`,
  );
  return setId;
}

/** Statements on indexes that go on in the server. */
const AT_WORK = `select query from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
  and state = 'active' and query ~ '(create|drop) index'`;

const countAtWork = async () => (await own.database.query(AT_WORK)).rowCount;

const choice = { fullText: true, trigram: false };

it.each<
  [string, string, (store: PostgresEmbeddingStore, setId: number, stop?: AbortSignal) => unknown]
>([
  ["buildTextIndexes()", "casts", (store, _, stop) => store.buildTextIndexes(choice, stop)],
  ["complete()", "cast_embeddings", (store, setId, stop) => store.complete(setId, stop)],
])(
  "is done by the server until the signal of %s, and once more by the next",
  async (_, table, work) => {
    const place = { connectionString: own.database.url };
    await using mirror = createPostgresStore(place);
    await mirror.migrate();
    await mirror.startRealtime(1, 0n);
    await using store = createEmbeddingStore(place);
    const setId = await retireSet(store);
    // Somebody writes for as long as it takes: no index comes to its end meanwhile.
    await own.client.query(`begin; lock table ${table} in row exclusive mode`);
    const stop = new AbortController();

    const working = Promise.resolve(work(store, setId, stop.signal));
    working.catch(() => undefined);
    await expect.poll(countAtWork, { timeout: 20_000 }).toBeGreaterThan(0);
    stop.abort(new Error("told to stop"));

    await expect(working).rejects.toThrow("told to stop");
    await expect.poll(countAtWork, { timeout: 5000 }).toBe(0);
    await own.client.query("rollback");
    await work(store, setId);
    const { rows } = await own.client.query(
      "select indexrelid::regclass::text as name, indisvalid from pg_index where indexrelid::regclass::text ~ 'by_words|nearest'",
    );
    const isOfText = table === "casts";
    expect(rows.filter(({ name }) => isOfText === name.includes("by_words"))).toEqual(
      isOfText ? [{ name: "casts_by_words", indisvalid: true }] : [],
    );
  },
  30_000,
);
