// Sets that are taken up while others embed, write or drop: held apart by locks of the server's. Each
// case is stopped in the middle by something that somebody else has locked.
import type { EmbeddingError, EmbeddingPlan } from "@snaprag/embeddings";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import type { PostgresEmbeddingStore } from "../../src/embeddings/index.ts";
import { createEmbeddingStore } from "../../src/embeddings/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";
import { batchOf, changesOf } from "../support/stores.ts";
import { aClaim, aPlan, aPlanOf, embed, embedAll } from "./support/embedding.ts";

const costs = { textCount: 0, tokenCount: 0 };

/** Casts of two lines, of accounts from 1 on. */
const castsSql = (count: number, lines = 2) => `
insert into casts (fid, "timestamp", event_id, cast_type, text, embeds, mentions, mentions_positions,
  hash, signer, signature)
select n, now(), 1, 0, repeat(E'1 0 0\\n', ${lines - 1}) || n, '[]', '[]', '[]', int4send(n), '', ''
from generate_series(1, ${count}) n`;

/** How many casts of a set have how many parts. */
const partCounts = (setId: number) => `
select parts, count(*)::int as casts from (
  select count(*)::int as parts from cast_embeddings where set_id = ${setId} group by fid, hash
) counted group by 1 order by 1`;

/** Stops whoever takes up a set when everything but that is done. */
const STOP_LAST = `
create function stop() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7);
  return null;
end $$;
create trigger stop before insert or update of selection on embedding_sets execute function stop()`;

/** What those who build or drop indexes hold. */
const BUILD_LOCK = "hashtext('snaprag indexes'), hashtext(current_schema())";

const WAITING = `
select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

const DEADLOCKS = `
select deadlocks::int as count from pg_stat_database where datname = current_database()`;

const own = useDatabase();

interface Embedders extends AsyncDisposable {
  /** Those of two processes. */
  readonly stores: readonly [PostgresEmbeddingStore, PostgresEmbeddingStore];
  /** Notes a cast of account 1, as a sync does. */
  write(text: string): Promise<void>;
  select(text: string): Promise<pg.QueryResult["rows"]>;
  /** Waits until so many sessions wait for a lock. */
  untilWaiting(count: number): Promise<void>;
  /** Locks what a statement does until it is disposed of. */
  hold(statement: string): Promise<AsyncDisposable>;
}

async function openEmbedders(): Promise<Embedders> {
  const place = { connectionString: own.database.url };
  const mirror = createPostgresStore(place);
  const stores = [createEmbeddingStore(place), createEmbeddingStore(place)] as const;
  await mirror.migrate();
  await mirror.startRealtime(1, 0n);
  const select = async (text: string) => (await own.client.query(text)).rows;
  let block = 0n;
  return {
    stores,
    select,
    async write(text) {
      block += 1n;
      const event = aMergeMessageEvent(aCastAdd({ text }, { seed: Number(block), fid: 1n }));
      await mirror.applyBlocks(batchOf(block, changesOf(block, [event])));
    },
    async untilWaiting(count) {
      const options = { timeout: 10_000, interval: 10 };
      await vi.waitFor(async () => expect(await select(WAITING)).toHaveLength(count), options);
    },
    async hold(statement) {
      const client = new pg.Client(place);
      await client.connect();
      await client.query(`begin; ${statement}`);
      return { [Symbol.asyncDispose]: () => client.end() };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([mirror.close(), ...stores.map((store) => store.close())]);
    },
  };
}

/** Leaves a set that is complete for another one, whose turn it is to drop it. */
async function retire({ stores: [store], select }: Embedders) {
  const old = await store.takeUp(aPlan());
  await embedAll(store, old);
  const next = await store.takeUp(aPlan({ version: "2" }));
  await select(`update embedding_sets set walked_at = clock_timestamp(), state =
    case when set_id = ${next.setId} then 'serving' else 'retired' end`);
  return { old, next };
}

describe("takeUp()", () => {
  it.each<[string, Partial<EmbeddingPlan>]>([
    ["set", { version: "2" }],
    ["selection", {}],
  ])("loses no cast that is claimed while another %s comes", async (_, plan) => {
    await using embedders = await openEmbedders();
    const { stores, write, select, hold, untilWaiting } = embedders;
    const [store, other] = stores;
    const old = await store.takeUp(aPlanOf({ minCharacters: 10 }));
    await embedAll(store, old);
    await write("short");
    const request = aClaim(old);
    await select(STOP_LAST);
    await using held = await hold("select pg_advisory_xact_lock(7)");
    const taken = other.takeUp(aPlan(plan));
    await untilWaiting(1);
    const late = store.claim(request).catch((error: EmbeddingError) => {
      expect(error.code).toBe("superseded");
      return [];
    });
    // Either it waits as well, or it has what it wants.
    await Promise.race([late, untilWaiting(2).catch(() => undefined)]);
    await held[Symbol.asyncDispose]();
    const set = await taken;

    const casts = await late;
    // The walk comes by, and then it is finished.
    await embedAll(other, set);
    await store.finish({
      setId: old.setId,
      leaseId: request.leaseId,
      ...costs,
      casts: casts.map(embed),
    });
    await embedAll(other, set);
    expect(
      await select("select text, set_id from casts join cast_embeddings using (fid, hash)"),
    ).toEqual([{ text: "short", set_id: set.setId }]);
    expect(await select("select from embedding_queue")).toEqual([]);
  });

  it.each<[string, (store: PostgresEmbeddingStore) => Promise<unknown>, object[]]>([
    ["taken up", (store) => store.takeUp(aPlan({ version: "2" })), [{ parts: 1, casts: 3 }]],
    ["forgotten", (store) => store.forget(), []],
  ])(
    "lets a claim be written before the set is %s, and waits in no circle",
    async (_, change, left) => {
      await using embedders = await openEmbedders();
      const { stores, select, hold, untilWaiting } = embedders;
      const [store, other] = stores;
      await select(castsSql(3));
      const old = await store.takeUp(aPlan());
      await embedAll(store, old);
      await select("update casts set text = 'one line'");
      const request = aClaim(old);
      const casts = await store.claim(request);
      await using held = await hold("select from cast_embeddings for update");
      const finished = store.finish({ ...request, ...costs, casts: casts.map(embed) });
      await untilWaiting(1);
      const changed = change(other);
      await untilWaiting(2);
      await held[Symbol.asyncDispose]();
      await Promise.all([finished, changed]);

      expect(await select(partCounts(old.setId))).toEqual(left);
      // What a session counts is there when it has ended.
      await embedders[Symbol.asyncDispose]();
      expect(await select(DEADLOCKS)).toEqual([{ count: 0 }]);
    },
  );

  it("makes a set anew that is gone once it has waited for it", async () => {
    await using embedders = await openEmbedders();
    const { stores, select, hold, untilWaiting } = embedders;
    const [store, other] = stores;
    await select(castsSql(3));
    const { old, next } = await retire(embedders);
    await using held = await hold("select from cast_embeddings for update");
    const dropped = store.complete(next.setId);
    await untilWaiting(1);
    const taken = other.takeUp(aPlan());
    await untilWaiting(2);
    await held[Symbol.asyncDispose]();

    expect(await dropped).toBe(true);
    const set = await taken;
    expect(set).toEqual({ ...old, setId: expect.any(Number) });
    expect(set.setId).not.toBe(old.setId);
    await embedAll(other, set);
    expect(await select(partCounts(set.setId))).toEqual([{ parts: 2, casts: 3 }]);
  });
});

describe("complete()", () => {
  it("drops whole casts, so that a set can be taken up again in the middle", async () => {
    await using embedders = await openEmbedders();
    const { stores, select, hold, untilWaiting } = embedders;
    const [store, other] = stores;
    // A batch of 20,000 vectors ends in the 67th cast.
    await select(castsSql(70, 300));
    const { old, next } = await retire(embedders);
    await using held = await hold("select from cast_embeddings where fid = 70 for update");
    const dropped = store.complete(next.setId);
    await untilWaiting(1);
    await Promise.all([
      expect(dropped).rejects.toMatchObject({ code: "connection" }),
      select(`select pg_terminate_backend(pid) from (${WAITING}) waiting`),
    ]);
    await held[Symbol.asyncDispose]();
    expect(await select(partCounts(old.setId))).toEqual([{ parts: 300, casts: 3 }]);

    const set = await other.takeUp(aPlan());
    expect(set).toEqual(old);
    expect(await embedAll(other, set)).toHaveLength(67);
    expect(await select(partCounts(old.setId))).toEqual([{ parts: 300, casts: 70 }]);
  });

  it("drops a set once, when two come to it", async () => {
    await using embedders = await openEmbedders();
    const { stores, select, hold, untilWaiting } = embedders;
    await select(castsSql(3));
    const { next } = await retire(embedders);
    await using held = await hold("select from cast_embeddings for update");
    const dropped = stores.map((store) => store.complete(next.setId));
    await untilWaiting(2);
    await held[Symbol.asyncDispose]();

    expect(await Promise.all(dropped)).toEqual([true, true]);
    expect(await select("select set_id from embedding_sets")).toEqual([{ set_id: next.setId }]);
  });

  it("leaves an index to those who build, and has casts claimed meanwhile", async () => {
    await using embedders = await openEmbedders();
    const { stores, select, write } = embedders;
    const [store] = stores;
    await select(castsSql(3));
    const set = await store.takeUp(aPlan());
    await embedAll(store, set);
    // As if pgvector were there: vectors that can be indexed are known by the name of their type.
    await select("create domain halfvec as real[]");
    await select("alter table cast_embeddings alter column embedding type halfvec");
    await select(`select pg_advisory_lock(${BUILD_LOCK})`);

    expect(await store.complete(set.setId)).toBe(false);
    expect((await store.readStatus())[0]).toMatchObject({ state: "building" });
    await write("came meanwhile");
    expect(await store.claim(aClaim(set))).toMatchObject([{ content: { text: "came meanwhile" } }]);
  });

  it("waits for nobody who builds an index, and comes back to the one that it drops", async () => {
    await using embedders = await openEmbedders();
    const { stores, select } = embedders;
    const [store] = stores;
    await select(castsSql(3));
    const { old, next } = await retire(embedders);
    const index = `cast_embeddings_nearest_${old.setId}`;
    // Without pgvector there is none: any is dropped by its name.
    await select(`create index ${index} on cast_embeddings (fid)`);
    await select(`select pg_advisory_lock(${BUILD_LOCK})`);
    expect(await store.complete(next.setId)).toBe(false);
    expect(await select(`select to_regclass('${index}') is not null as is_there`)).toEqual([
      { is_there: true },
    ]);

    await select(`select pg_advisory_unlock(${BUILD_LOCK})`);
    expect(await store.complete(next.setId)).toBe(true);
    expect(await select(`select to_regclass('${index}') is not null as is_there`)).toEqual([
      { is_there: false },
    ]);
    expect(await select("select set_id from embedding_sets")).toEqual([{ set_id: next.setId }]);
  });
});
