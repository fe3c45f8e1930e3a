// Keys where more than one load, process or application is at work.
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createEmbeddingStore } from "../../src/embeddings/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { aPlan } from "../embeddings/support/embedding.ts";
import { useDatabase } from "../support/each-database.ts";
import {
  ALL_KEYS,
  applyPages,
  castsOf,
  countOf,
  HEIGHT,
  openPlanned,
  plan,
  readKeys,
} from "../support/first-load.ts";
import { batchOf } from "../support/stores.ts";

const own = useDatabase();

describe("keys of a mirror that somebody else has emptied", () => {
  /** What another process does, such as `snaprag reset --force`. */
  async function emptyElsewhere(): Promise<void> {
    await using other = createPostgresStore({ connectionString: own.database.url });
    await other.reset();
  }

  it("are built at the end of the next load, also by a store that has seen them", async () => {
    await using store = await openPlanned(own);
    await applyPages(store, castsOf(1));
    await store.startRealtime(1, HEIGHT);
    await emptyElsewhere();
    await plan(store);
    expect(await readKeys(own, "unique")).toEqual([]);

    await applyPages(store, castsOf(1, 2));
    await store.startRealtime(1, HEIGHT);

    expect(await readKeys(own)).toEqual(ALL_KEYS);
    await store.applyBlocks(batchOf(HEIGHT + 1n, castsOf(2, 3)));
    expect(await countOf(own, "casts")).toBe(3);
  });

  it("are built by a shard that follows blocks, should they be missing", async () => {
    await using store = await openPlanned(own);
    await applyPages(store, castsOf(1));
    await store.startRealtime(1, HEIGHT);
    for (const key of ALL_KEYS) {
      await own.client.query(`alter table ${key.replace("_pkey", "")} drop constraint ${key}`);
    }
    await using restarted = createPostgresStore({ connectionString: own.database.url });
    await restarted.migrate();

    await restarted.applyBlocks(batchOf(HEIGHT + 1n, castsOf(1, 2)));

    expect(await readKeys(own)).toEqual(ALL_KEYS);
    expect(await countOf(own, "casts")).toBe(2);
  });
});

describe("a shard that is about to follow blocks", () => {
  it("waits for another process that builds as long as its signal lets it", async () => {
    await using store = await openPlanned(own);
    await applyPages(store, castsOf(1));
    const lock = "hashtext('snaprag indexes'), hashtext('public')";
    await own.client.query(`select pg_advisory_lock(${lock})`);
    const stopping = new AbortController();
    const reason = new Error("stopped");

    const stopped = store.startRealtime(1, HEIGHT, stopping.signal);
    const patient = store.startRealtime(1, HEIGHT);
    expect(await Promise.race([stopped, patient, delay(500, "waiting")])).toBe("waiting");
    stopping.abort(reason);

    await expect(stopped).rejects.toBe(reason);
    expect(await store.findShard(1)).toMatchObject({ phase: "historical" });
    await own.client.query("select pg_advisory_unlock_all()");
    await patient;
    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });

  it("does not wait for relations of others", async () => {
    await own.database.query("create table public.of_others (id int)");
    await own.client.query("begin; lock table of_others in access exclusive mode");
    await using store = await openPlanned(own);
    await applyPages(store, castsOf(1));

    await store.finishLoading();
    await store.startRealtime(1, HEIGHT);

    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });
});

it("notes a cast once that a page lists twice before there are keys", async () => {
  await using store = await openPlanned(own);
  await using embeddings = createEmbeddingStore({ connectionString: own.database.url });
  await embeddings.takeUp(aPlan());

  await applyPages(store, castsOf(1, 1, 2));

  expect(await countOf(own, "casts")).toBe(3);
  expect(await countOf(own, "embedding_queue")).toBe(2);
});
