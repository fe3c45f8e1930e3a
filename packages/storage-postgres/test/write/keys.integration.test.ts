// Keys of the largest relations: put off while a first load writes, and there before anything needs them.
import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createEmbeddingStore } from "../../src/embeddings/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { aClaim, aPlan } from "../embeddings/support/embedding.ts";
import { useDatabase } from "../support/each-database.ts";
import {
  ALL_KEYS,
  applyPages,
  castsOf,
  countOf,
  HEIGHT,
  linksOf,
  openPlanned,
  readKeys,
} from "../support/first-load.ts";
import { batchOf, pageOf } from "../support/stores.ts";

const own = useDatabase();

const lockBuilds = (session: typeof own.client) =>
  session.query("select pg_advisory_lock(hashtext('snaprag indexes'), hashtext('public'))");

/** More rows than it makes no difference of, how their indexes are built. */
async function insertLinks(): Promise<void> {
  await own.client.query(
    `insert into links (fid, hash, "timestamp", signer, signature, link_type, event_id)
     select 1, decode(md5(i::text), 'hex'), now(), '', repeat('s', 200)::bytea, '', i
     from generate_series(1, 70000) i`,
  );
}

const hasIndexes = async () =>
  (await countOf(own, "pg_indexes where indexname = 'links_by_target'")) > 0;

describe("keys of a first load", () => {
  it("are missing while it writes, and there when a data shard follows blocks", async () => {
    await using store = await openPlanned(own);
    await store.startRealtime(0, 1n);
    await applyPages(store, castsOf(1, 2), castsOf(3));
    expect(await readKeys(own, "unique")).toEqual([]);

    await store.startRealtime(1, HEIGHT);

    expect(await readKeys(own)).toEqual(ALL_KEYS);
    await store.applyBlocks(batchOf(HEIGHT + 1n, castsOf(3, 4)));
    expect(await countOf(own, "casts")).toBe(4);
  });

  it("are built with everything else that was put off", async () => {
    await using store = await openPlanned(own);

    await store.finishLoading();
    await store.finishLoading();

    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });

  it("are there for pages that are listed again, replays, repairs, rebuilds and embedders", async () => {
    const needs: readonly ((store: Store) => Promise<unknown>)[] = [
      (store) => store.applyPage({ ...pageOf(HEIGHT, castsOf(1)), isRelisted: true }),
      (store) => store.applyReplay({ id: 1n, changes: [] }),
      async (store) => {
        const batch = { shardId: 1, blockNumber: HEIGHT, changes: [], leaves: [] };
        await expect(store.repairRows(batch)).rejects.toMatchObject({ code: "fenced" });
      },
      (store) => store.rebuild(),
      async (store) => {
        await using embeddings = createEmbeddingStore({ connectionString: own.database.url });
        const request = aClaim(await embeddings.takeUp(aPlan()));
        await embeddings.claim(request);
        // There is nothing that a load which is to come would have to be slower for.
        expect(await readKeys(own, "unique")).toEqual([]);
        await applyPages(store, castsOf(1));
        await embeddings.claim(request);
        await embeddings.forget();
      },
    ];
    for (const need of needs) {
      await using store = await openPlanned(own);
      expect(await readKeys(own, "unique")).toEqual([]);
      await need(store);
      expect(await readKeys(own)).toEqual(ALL_KEYS);
      await store.reset();
    }
  });

  it("stay where large relations are divided", async () => {
    await using store = createPostgresStore({
      connectionString: own.database.url,
      fidPartitions: 2,
    });

    await store.migrate();

    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });

  it("come with all indexes where a load of some size is over, and by themselves elsewhere", async () => {
    await using store = await openPlanned(own);
    await store.startRealtime(2, HEIGHT);
    expect([await readKeys(own), await hasIndexes()]).toEqual([ALL_KEYS, false]);
    await store.reset();
    await store.migrate();
    await store.planSnapshot({ shardId: 1, height: HEIGHT, virtualShards: [0] });
    await insertLinks();
    await store.applyPage(pageOf(HEIGHT, []));

    await store.startRealtime(1, HEIGHT);

    expect([await readKeys(own), await hasIndexes()]).toEqual([ALL_KEYS, true]);
  });

  it("come by themselves while a shard that somebody leads has yet to begin", async () => {
    await using store = await openPlanned(own);
    await using member = await store.joinSync("a test");
    for (const shardId of [1, 2]) await member.leadShard(shardId);
    await insertLinks();
    await store.applyPage(pageOf(HEIGHT, []));

    await store.startRealtime(1, HEIGHT);

    expect([await readKeys(own), await hasIndexes()]).toEqual([ALL_KEYS, false]);
  });

  it("are put off again after a reset", async () => {
    await using store = await openPlanned(own);
    await store.startRealtime(1, HEIGHT).catch(() => undefined);
    expect(await readKeys(own)).toEqual(ALL_KEYS);
    await store.reset();
    await store.migrate();
    expect(await readKeys(own, "unique")).toEqual([]);

    await store.startRealtime(1, HEIGHT);

    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });
});

describe("rows that pages list twice", () => {
  it("are there once when keys are, and quarantine has nothing of them", async () => {
    await using store = await openPlanned(own);
    await applyPages(store, castsOf(1, 2), castsOf(2, 3, 3), castsOf(1));
    expect(await countOf(own, "casts")).toBe(6);

    await store.startRealtime(1, HEIGHT);

    expect(await countOf(own, "casts")).toBe(3);
    expect(await countOf(own, "casts where text in ('1', '2', '3')")).toBe(3);
    expect(await countOf(own, "quarantined_messages")).toBe(0);
    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });

  it("are there once also when a writer kept the key from being built in one go", async () => {
    await using store = await openPlanned(own);
    await applyPages(store, linksOf(1, 2), linksOf(2));
    await own.client.query("begin; delete from links where false");

    const starting = store.startRealtime(1, HEIGHT);
    const waiting = `select from pg_stat_activity where datname = current_database()
      and query like 'create unique index concurrently links_pkey%' and wait_event_type = 'Lock'`;
    const count = async () => (await own.database.query(waiting)).rows.length;
    await expect.poll(count, { timeout: 20_000 }).toBe(1);
    await own.client.query("commit");
    await starting;

    expect(await countOf(own, "links")).toBe(2);
    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });
});

describe("building keys", () => {
  it("is waited for where another process does it, and no longer", async () => {
    await using store = await openPlanned(own);
    await lockBuilds(own.client);

    const starting = store.startRealtime(2, HEIGHT);
    expect(await Promise.race([starting, delay(500, "waiting")])).toBe("waiting");
    for (const key of ALL_KEYS) {
      const table = key.replace("_pkey", "");
      await own.client.query(`create unique index ${key} on ${table} (fid, hash)`);
    }
    await starting;

    expect(await readKeys(own, "unique")).toEqual(ALL_KEYS);
    await own.client.query("select pg_advisory_unlock_all()");
    await store.finishLoading();
    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });

  it("does without the name of a primary key while somebody reads for long", async () => {
    await using store = await openPlanned(own);
    await own.client.query("begin; select from links");

    await store.startRealtime(2, HEIGHT);

    expect(await readKeys(own, "unique")).toEqual(ALL_KEYS);
    expect(await readKeys(own)).toEqual(["casts_pkey", "reactions_pkey"]);
    await own.client.query("commit");
    await store.finishLoading();
    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });

  it("begins anew where a process was killed in the middle of it", async () => {
    await using store = await openPlanned(own);
    await own.client.query("create unique index links_pkey on links (fid, hash)");
    await own.client.query(
      "update pg_index set indisvalid = false where indexrelid = 'links_pkey'::regclass",
    );

    await store.startRealtime(2, HEIGHT);

    expect(await readKeys(own)).toEqual(ALL_KEYS);
  });
});
