// Sets of vectors: taken up, completed, put in each other's place, told of and forgotten.
import { aCastAdd, aMergeMessageEvent, aPruneMessageEvent } from "@snaprag/processors/testing";
import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import { createEmbeddingStore } from "../../src/embeddings/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { batchOf, changesOf } from "../support/stores.ts";
import {
  aClaim,
  aPlan,
  aPlanOf,
  embed,
  embedAll,
  embeddedTexts,
  vectorOf,
} from "./support/embedding.ts";
import { describeEach } from "./support/subjects.ts";

const cast = (text: string, seed = 0, fid = 1n) => aCastAdd({ text }, { seed, fid });
const anywhere = { filter: {}, limit: 10, vector: Float32Array.of(1, 0, 0) };

const INDEXES = `
select indexname as name from pg_indexes
where schemaname = current_schema() and indexname like 'cast\\_embeddings\\_nearest%'`;

describeEach("sets of vectors", ({ hasPgvector, openMirror }) => {
  describe("takeUp()", () => {
    it("makes a set once, and refuses one of another dimension", async () => {
      await using mirror = await openMirror();
      const { embeddings, select } = mirror;
      const set = await embeddings.takeUp(aPlan());
      const vectorType = hasPgvector ? "halfvec" : "real[]";
      expect(set).toMatchObject({ model: "numbers", version: "1", dimension: 3, vectorType });
      expect(await embeddings.takeUp(aPlan())).toEqual(set);

      await expect(embeddings.takeUp(aPlan({ dimension: 4 }))).rejects.toMatchObject({
        name: "EmbeddingError",
        code: "wrong_dimension",
        message: expect.stringMatching(/ 3 numbers.* have 4\. .*another version/),
      });
      const other = await embeddings.takeUp(aPlan({ dimension: 4, version: "2" }));
      expect(other.setId).not.toBe(set.setId);
      expect(await select("select from embedding_sets")).toHaveLength(2);
    });

    it("walks again where changes went unnoted", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      const set = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, set);
      await select("drop trigger casts_note_added on casts");
      await merge(aMergeMessageEvent(cast("unnoted")));
      expect(await embedAll(embeddings, set)).toEqual([]);

      await embeddings.takeUp(aPlan());
      await embedAll(embeddings, set);
      expect(await embeddedTexts(mirror)).toEqual(["unnoted"]);
    });

    it("keeps vectors as they are wanted, and converts those that are there", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      await merge(aMergeMessageEvent(cast("1 2 3")), aMergeMessageEvent(cast("0 0 1")));
      const set = await embeddings.takeUp(aPlan({ storage: "array" }));
      expect(set.vectorType).toBe("real[]");
      const casts = await embedAll(embeddings, set);
      const hashes = casts.flatMap((each) => embed(each).parts.map((part) => part.contentHash));
      const vectors = await embeddings.findVectors(set.setId, [...hashes, ...hashes]);
      expect([...vectors.values()].map((vector) => [...vector]).sort()).toEqual([
        [0, 0, 1],
        [1, 2, 3],
      ]);
      expect(await embeddings.findVectors(set.setId + 1, hashes)).toEqual(new Map());
      expect(await embeddings.complete(set.setId)).toBe(true);

      const plan = aPlan({ storage: "pgvector" });
      if (!hasPgvector) {
        await expect(embeddings.takeUp(plan)).rejects.toMatchObject({ code: "extension_missing" });
        return;
      }
      const converted = await embeddings.takeUp(plan);
      expect(converted).toEqual({ ...set, vectorType: "halfvec" });
      expect(await embeddings.findVectors(set.setId, hashes)).toEqual(vectors);
      expect(await embeddings.complete(set.setId)).toBe(true);
      expect(await mirror.select(INDEXES)).toHaveLength(1);
      expect((await embeddings.takeUp(aPlan({ storage: "array" }))).vectorType).toBe("halfvec");
    });
  });

  describe("complete()", () => {
    it("lets a set serve once everything that was there is done", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      expect(await embeddings.findServingSet()).toBeUndefined();
      await merge(aMergeMessageEvent(cast("first", 1)), aMergeMessageEvent(cast("second", 2)));
      const set = await embeddings.takeUp(aPlan());
      expect(await embeddings.complete(set.setId)).toBe(false);
      expect(await embeddings.findServingSet()).toEqual(set);
      const request = aClaim(set);
      const casts = await embeddings.claim(request);
      expect(await embeddings.complete(set.setId)).toBe(false);
      expect((await embeddings.readStatus())[0]).toMatchObject({ state: "building" });

      await embeddings.finish({ ...request, casts: casts.map(embed), textCount: 2, tokenCount: 2 });
      expect(await embeddings.complete(set.setId)).toBe(true);
      expect((await embeddings.readStatus())[0]).toMatchObject({ state: "serving" });
      expect(await mirror.select(INDEXES)).toHaveLength(hasPgvector ? 1 : 0);
      expect(await embeddings.complete(set.setId + 1)).toBe(false);
    });

    it("lets a set serve whatever comes later, and says when that is done as well", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const set = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, set);
      // Later than the end of the walk.
      await merge(aMergeMessageEvent(cast("later", 1)));
      expect(await embeddings.complete(set.setId)).toBe(false);
      expect((await embeddings.readStatus())[0]).toMatchObject({ state: "serving" });

      const request = aClaim(set);
      const casts = await embeddings.claim(request);
      expect(await embeddings.claim(aClaim(set))).toEqual([]);
      expect(await embeddings.complete(set.setId)).toBe(false);
      await embeddings.finish({ ...request, casts: casts.map(embed), textCount: 1, tokenCount: 1 });
      expect(await embeddings.complete(set.setId)).toBe(true);
    });

    it("is not done with a set that serves before it is looked through for another selection", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      const fids = Array.from({ length: 60 }, (_, index) => BigInt(index + 1));
      for (const fid of [1n, 350n]) await merge(aMergeMessageEvent(cast(`of ${fid}`, 0, fid)));
      const set = await embeddings.takeUp(aPlanOf({ fids }));
      // A claim may come back with nothing before the walk is over.
      const untilDone = async () => {
        do await embedAll(embeddings, set);
        while (!(await embeddings.complete(set.setId)));
      };
      await untilDone();
      expect(await embeddedTexts(mirror)).toEqual(["of 1"]);

      expect(await embeddings.takeUp(aPlanOf({ fids: [...fids, 350n] }))).toEqual(set);
      expect(await embeddings.complete(set.setId)).toBe(false);
      expect((await embeddings.readStatus())[0]).toMatchObject({ state: "serving" });
      await untilDone();
      expect(await embeddedTexts(mirror)).toEqual(["of 1", "of 350"]);
    });

    it("puts another model in the place of the one before, whose vectors serve until then", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      await merge(aMergeMessageEvent(cast("1 0 0", 1)), aMergeMessageEvent(cast("0 1 0", 2)));
      const old = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, old);
      await embeddings.complete(old.setId);
      const set = await embeddings.takeUp(aPlan({ model: "better numbers" }));
      const request = aClaim(set, 1);
      const casts = await embeddings.claim(request);
      await embeddings.finish({ ...request, casts: casts.map(embed), textCount: 1, tokenCount: 1 });

      expect(await embeddings.complete(set.setId)).toBe(false);
      expect(await embeddings.findServingSet()).toEqual(old);
      expect(await embeddings.searchByVector({ ...anywhere, set: old })).toHaveLength(2);
      await merge(aPruneMessageEvent(cast("0 1 0", 2)));
      expect(await embeddings.searchByVector({ ...anywhere, set: old })).toHaveLength(1);
      await embedAll(embeddings, set);
      // Nobody is at work for the old set, and what ended is dropped from it nevertheless.
      const kept = await select("select set_id from cast_embeddings order by 1");
      expect(kept).toEqual([{ set_id: old.setId }, { set_id: set.setId }]);
      expect(await embeddings.complete(set.setId)).toBe(true);

      expect(await embeddings.findServingSet()).toEqual(set);
      const rest = "select set_id from embedding_sets union select set_id from cast_embeddings";
      expect(await select(rest)).toEqual([{ set_id: set.setId }]);
      expect(await select(INDEXES)).toHaveLength(hasPgvector ? 1 : 0);
      expect(await embeddings.searchByVector({ ...anywhere, set })).toHaveLength(1);
    });

    it("goes on where one that was killed has ended", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      await merge(aMergeMessageEvent(cast("kept")));
      const old = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, old);
      await embeddings.complete(old.setId);
      const set = await embeddings.takeUp(aPlan({ version: "2" }));
      await embedAll(embeddings, set);
      await select(`update embedding_sets set state =
      case when set_id = ${set.setId} then 'serving' else 'retired' end`);

      expect(await embeddings.complete(set.setId)).toBe(true);
      expect(await select("select distinct set_id from cast_embeddings")).toEqual([
        { set_id: set.setId },
      ]);
      expect(await select("select set_id from embedding_sets")).toEqual([{ set_id: set.setId }]);
    });

    it("makes up for what a set missed while another was taken up", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      const first = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, first);
      await embeddings.complete(first.setId);
      const second = await embeddings.takeUp(aPlan({ version: "2" }));
      await merge(aMergeMessageEvent(cast("missed")));
      await embedAll(embeddings, second);

      expect(await embeddings.takeUp(aPlan())).toEqual(first);
      await embedAll(embeddings, first);
      expect(await embeddings.complete(first.setId)).toBe(true);
      expect(await select("select set_id from cast_embeddings")).toEqual([{ set_id: first.setId }]);
      expect(await embeddings.readStatus()).toHaveLength(1);
    });
  });

  describe("readStatus()", () => {
    it("counts what is done and what is to be done", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge } = mirror;
      expect(await embeddings.readStatus()).toEqual([]);
      await merge(...[1, 2, 3].map((seed) => aMergeMessageEvent(cast(`long enough ${seed}`))));
      await merge(aMergeMessageEvent(cast("short", 9)));
      const set = await embeddings.takeUp(aPlanOf({ minCharacters: 6 }));
      await merge(aMergeMessageEvent(cast("noted afterwards", 4)));
      const [atFirst] = await embeddings.readStatus();
      expect(atFirst).toEqual({
        ...set,
        recipe: "as it stands",
        state: "building",
        isCurrent: true,
        castCount: 0n,
        textCount: 0n,
        tokenCount: 0n,
        refusedCount: 0n,
        backlogCount: 4n,
        castsPerSecond: 0,
        errorCount: 0n,
        lastError: undefined,
      });

      const request = aClaim(set, 2);
      const casts = await embeddings.claim(request);
      await embeddings.finish({ ...request, casts: casts.map(embed), textCount: 1, tokenCount: 7 });
      await embeddings.recordError(set.setId, "the provider\0 is away");
      await embeddings.recordError(set.setId, `${"x".repeat(5000)}`);
      const [status] = await embeddings.readStatus();
      expect(status).toMatchObject({
        castCount: 2n,
        textCount: 1n,
        tokenCount: 7n,
        errorCount: 2n,
      });
      expect(status).toMatchObject({ backlogCount: 2n, lastError: { message: "x".repeat(2000) } });
      expect(status?.lastError?.at).toBeInstanceOf(Date);
      expect(status?.castsPerSecond).toBeGreaterThan(0);
      expect(status?.castsPerSecond).toBeLessThanOrEqual(2);
    });

    it("tells a rate of the last minute, and none when nobody is at work", async () => {
      await using mirror = await openMirror();
      const { embeddings, select } = mirror;
      await embeddings.takeUp(aPlan());
      const rateAfter = async (seconds: number, last: string, casts: number) => {
        await select(`update embedding_sets set last_rate = ${last}, window_casts = ${casts},
        window_started_at = clock_timestamp() - ${seconds} * interval '1 second'`);
        return (await embeddings.readStatus())[0]?.castsPerSecond;
      };

      expect(await rateAfter(30, "null", 300)).toBeCloseTo(10, 0);
      expect(await rateAfter(30, "20", 300)).toBeCloseTo(15, 0);
      expect(await rateAfter(100, "20", 300)).toBeCloseTo(3, 0);
      expect(await rateAfter(121, "20", 300)).toBe(0);
    });

    it("estimates what is beyond counting", async () => {
      await using mirror = await openMirror();
      const { embeddings, select } = mirror;
      await select(`
      insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions,
        mentions_positions, hash, signer, signature)
      select n, now(), 1, 0, case n % 2 when 0 then 'long enough' else 'short' end, '[]', '[]', '[]',
        int4send(n), '', '' from generate_series(1, 40000) n`);
      await select("analyze casts");
      await embeddings.takeUp(aPlanOf({ minCharacters: 6 }));

      const count = Number((await embeddings.readStatus())[0]?.backlogCount);
      expect(count).toBeGreaterThan(18_000);
      expect(count).toBeLessThan(22_000);
    });
  });

  describe("the embedding store", () => {
    it("forgets everything, as if nothing had been embedded", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      await merge(aMergeMessageEvent(cast("1 0 0")));
      const set = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, set);
      await embeddings.complete(set.setId);
      await embeddings.forget();
      await merge(aMergeMessageEvent(cast("unnoted", 1)));

      expect(await embeddings.readStatus()).toEqual([]);
      expect(await embeddings.findServingSet()).toBeUndefined();
      const tables = ["cast_embeddings", "embedding_queue", "embedding_refusals", "embedding_sets"];
      for (const table of tables) expect(await select(`select from ${table}`), table).toEqual([]);
      expect(await select(INDEXES)).toEqual([]);
      expect(await select("select from pg_trigger where tgrelid = 'casts'::regclass")).toEqual([]);
      await expect(embeddings.claim(aClaim(set))).rejects.toMatchObject({ code: "superseded" });

      const again = await embeddings.takeUp(aPlan({ storage: "array" }));
      expect(again).toMatchObject({ vectorType: "real[]" });
      expect(again.setId).not.toBe(set.setId);
      await embedAll(embeddings, again);
      expect(await embeddedTexts(mirror)).toHaveLength(2);
    });

    it("says whether somebody downloads history", async () => {
      await using mirror = await openMirror();
      const { embeddings, select } = mirror;
      await select("update sync_progress set phase = 'historical'");
      expect(await embeddings.isLoading()).toBe(false);
      await select(`insert into sync_members (id, holder, is_alone, expires_at)
      values (7, 'a sync', false, now() + interval '1 minute')`);
      await select("select pg_advisory_lock(hashtext('snaprag member'), 7)");
      // The rows of a shard that nobody is at work on: of a sync that was stopped, or of a fault.
      await select("insert into sync_leases values (2, -1, 7), (1, -1, 8)");
      expect(await embeddings.isLoading()).toBe(false);
      await select("update sync_leases set member_id = 7");
      expect(await embeddings.isLoading()).toBe(true);

      await select("update sync_progress set phase = 'realtime'");
      expect(await embeddings.isLoading()).toBe(false);
      await select("select pg_advisory_unlock(hashtext('snaprag member'), 7)");
    });

    // Only the session of the embedded database is shared.
    const itInShared = hasPgvector ? it : () => undefined;
    itInShared("leaves a session that it shares as it was", async () => {
      await using mirror = await openMirror();
      const { embeddings, merge, select } = mirror;
      const session = `select (select string_agg(name || setting, ',' order by name) from pg_settings
        where name not like 'transaction%' and name not in ('in_hot_standby')) as settings,
      (select count(*) from pg_prepared_statements) as prepared,
      (select count(*) from pg_locks where locktype = 'advisory') as locks`;
      await merge(aMergeMessageEvent(cast("1 0 0")));
      await select("create extension if not exists vector; load 'vector'");
      const before = await select(session);
      const set = await embeddings.takeUp(aPlan());
      await embedAll(embeddings, set);
      await embeddings.complete(set.setId);
      await embeddings.searchByVector({ ...anywhere, set });
      await embeddings.searchByWords({ text: "1", filter: {}, limit: 3 });
      await embeddings.buildTextIndexes({ fullText: true, trigram: false });
      await embeddings.readStatus();
      await embeddings.forget();

      expect(await select(session)).toEqual(before);
      expect(vectorOf("1 0 0")).toEqual(anywhere.vector);
    });
  });
});

const INSERT_CAST = `
insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions, mentions_positions,
  hash, signer, signature)
values (9, now(), 1, 0, 'written before', '[]', '[]', '[]', 'hash', '', '')`;

async function openWriter(url: string) {
  const client = new pg.Client(url);
  await client.connect();
  return {
    query: (text: string) => client.query(text),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

describe("createEmbeddingStore()", () => {
  const own = useDatabase();

  it("takes up behind writers that take long, and lets others write meanwhile", async () => {
    await using mirror = createPostgresStore({ connectionString: own.database.url });
    await using store = createEmbeddingStore({ connectionString: own.database.url });
    await mirror.migrate();
    await mirror.startRealtime(1, 0n);
    const waiting = `select count(*)::int as count from pg_locks where not granted
      and relation = 'casts'::regclass and mode = 'ShareRowExclusiveLock'`;
    const untilWaiting = async (count: number) => {
      await vi.waitFor(
        async () => expect((await own.client.query(waiting)).rows[0].count).toBe(count),
        {
          timeout: 10_000,
          interval: 20,
        },
      );
    };
    await using writer = await openWriter(own.database.url);
    await writer.query("begin");
    await writer.query(INSERT_CAST);
    const taken = store.takeUp(aPlan());
    await untilWaiting(1);
    // It gives up for a while, in which others have their turn, and comes back.
    const event = aMergeMessageEvent(cast("came in between"));
    await mirror.applyBlocks(batchOf(1n, changesOf(1n, [event])));
    await untilWaiting(1);
    await writer.query("commit");
    const set = await taken;

    const texts = (await store.claim(aClaim(set))).map(({ content }) => content?.text);
    expect(texts.sort()).toEqual(["came in between", "written before"]);
  });

  it("leaves nothing that a reset does not drop", async () => {
    await using mirror = createPostgresStore({ connectionString: own.database.url });
    await using store = createEmbeddingStore({ connectionString: own.database.url });
    await mirror.migrate();
    await store.takeUp(aPlan());
    await mirror.reset();

    const left = `select relname as name from pg_class where relnamespace = 'public'::regnamespace
      union all select proname from pg_proc where pronamespace = 'public'::regnamespace`;
    expect((await own.client.query(left)).rows).toEqual([]);
  });

  it("says so of a database that is not migrated, and of options that cannot be", async () => {
    await using store = createEmbeddingStore({ connectionString: own.database.url });

    await expect(store.readStatus()).rejects.toMatchObject({
      name: "StorageError",
      sqlState: "42P01",
    });
    expect(() => createEmbeddingStore({})).toThrow("Expected either `connectionString`");
  });
});
