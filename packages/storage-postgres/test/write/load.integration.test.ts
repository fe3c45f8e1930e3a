// First loads by COPY: what they write, and what is left of one that fails.
import { setTimeout as delay } from "node:timers/promises";
import type { Change } from "@snaprag/processors";
import { firstPositionOf, KIND_OF_TABLE, processHubEvent } from "@snaprag/processors";
import {
  aCastAdd,
  aChannelRegisterEvent,
  aLinkAdd,
  aLinkCompactState,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  aMessage,
  anEventContext,
  anFnameProof,
  anIdRegisterEvent,
  aReactionAdd,
  aSignerEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
  aUsernameProof,
} from "@snaprag/processors/testing";
import type { PageBatch, Store } from "@snaprag/storage";
import pg from "pg";
import { describe, expect, it } from "vitest";
import type { TestDatabase } from "../../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../../test/support/test-database.ts";
import type { PostgresStoreOptions } from "../../src/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { PARTITIONED_TABLES } from "../../src/tables/fid-partitions.ts";
import { TABLE_NAMES } from "../../src/tables/table-columns.ts";
import { useDatabase } from "../support/each-database.ts";
import { BLOCK_TIME, changesOf, pageOf } from "../support/stores.ts";

const own = useDatabase();
const MAX_UINT64 = 2n ** 64n - 1n;
const HEIGHT = 5n;

/** One connection, which has to outlive each failure. */
async function openPlanned(
  database: TestDatabase,
  options: Partial<PostgresStoreOptions> = {},
): Promise<Store> {
  const store = createPostgresStore({
    connectionString: database.url,
    maxConnections: 1,
    applicationName: "loading",
    ...options,
  });
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 1 });
  await store.planSnapshot({ shardId: 1, height: HEIGHT, virtualShards: [0] });
  return store;
}

const PAGE = { ...pageOf(HEIGHT, []), nextPageToken: "next", isLast: false };

function aPage(changes: readonly Change[], others: Partial<PageBatch> = {}): PageBatch {
  return { ...PAGE, changes, messageCount: changes.length, ...others };
}

type Message = Parameters<typeof aMergeMessageEvent>[0];

function mergesOf(messages: readonly Message[]): readonly Change[] {
  return changesOf(
    HEIGHT,
    messages.map((message) => aMergeMessageEvent(message)),
  );
}

const castsOf = (count: number, text = "cast") =>
  mergesOf(
    Array.from({ length: count }, (_, seed) => aCastAdd({ text: `${text} ${seed}` }, { seed })),
  );

const reactionsOf = (count: number) =>
  mergesOf(Array.from({ length: count }, (_, seed) => aReactionAdd({}, { seed })));

/** Every relation, every column with a value and without where it may lack one. */
function everyChange(): readonly Change[] {
  const kinds = Object.values(KIND_OF_TABLE);
  const messages = [1n, 2n, 3n, 1n << 63n].flatMap((fid, seed) =>
    kinds.map((kind) => aMergeMessageEvent(aMessage(kind, { fid, seed }))),
  );
  const extremes = [
    aCastAdd({
      text: "\u{1f9d9}\0\uffff\n",
      mentions: [0n, 2n ** 53n, MAX_UINT64],
      mentionsPositions: [0, 2 ** 32 - 1],
      embeds: [
        { embed: { $case: "url", value: 'http://a/"\\\0' } },
        { embed: { $case: "castId", value: { fid: MAX_UINT64, hash: new Uint8Array() } } },
        { embed: undefined },
      ],
      embedsDeprecated: ["", "x"],
      type: 77 as 0,
    }),
    aCastAdd({ text: "", mentions: [], embeds: [], parent: { $case: "parentUrl", value: "" } }),
    aCastAdd({
      text: "long".repeat(2000),
      parent: { $case: "parentCastId", value: { fid: 2n ** 53n + 1n, hash: new Uint8Array(20) } },
    }),
    aReactionAdd({ type: -(2 ** 31) as 1, target: undefined }),
    aReactionAdd({ target: { $case: "targetUrl", value: "https://a" } }),
    aLinkAdd({ displayTimestamp: 2 ** 32 - 1, target: undefined }),
    aLinkCompactState({ type: "", targetFids: [] }),
    aLinkCompactState({ type: "x", targetFids: [MAX_UINT64, 0n] }),
    aUsernameProof({
      timestamp: MAX_UINT64,
      name: Uint8Array.of(0, 0xff),
      owner: new Uint8Array(),
    }),
  ].map((message) => aMergeMessageEvent(message));
  const onChain = [aSignerEvent(), anIdRegisterEvent(), aStorageRentEvent(), aTierPurchaseEvent()];
  const events = [
    ...messages,
    ...extremes,
    ...[...onChain, aChannelRegisterEvent()].map((event) => aMergeOnChainEvent(event)),
    aMergeUsernameProofEvent({ usernameProof: anFnameProof() }),
  ];
  // Gasless keys are written from shard 0 alone.
  return [0, 1].flatMap((shardId) =>
    events.flatMap((event, index) => {
      const id = firstPositionOf(HEIGHT) + BigInt(index + 1);
      const context = anEventContext({ shardId, homeShardOf: () => 1, at: BLOCK_TIME });
      const { changes } = processHubEvent({ ...event, id }, context);
      return changes.filter((change) => change.kind === "merge");
    }),
  );
}

async function dump(url: string): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const client = new pg.Client(url);
  await client.connect();
  const dumps = new Map<string, readonly unknown[]>();
  for (const table of TABLE_NAMES) {
    const { rows } = await client.query(`select t::text as row from ${table} t order by 1`);
    dumps.set(
      table,
      rows.map(({ row }) => row),
    );
  }
  await client.end();
  return dumps;
}

async function countOf(table: string): Promise<number> {
  return Number((await own.client.query(`select count(*) from ${table}`)).rows[0].count);
}

const backendOf = async () =>
  (
    await own.client.query(
      "select pid, wait_event_type from pg_stat_activity where application_name = 'loading' and backend_type = 'client backend' order by backend_start",
    )
  ).rows.map(({ pid }) => pid);

const tokenOf = async (store: Store) => (await store.listPartitions(1))[0]?.pageToken;

describe("a first load", () => {
  it.each([undefined, 3])(
    "writes what statements with arrays do, partitions: %s",
    async (count) => {
      await using other = await createTestDatabase();
      await using copying = await openPlanned(own.database, { fidPartitions: count });
      await using inserting = await openPlanned(other, { fidPartitions: count });
      const changes = everyChange();
      const copied: string[] = [];
      const record = `create table copied (name text);
      create function note() returns trigger language plpgsql as $$ begin
        insert into copied select current_query(); return null; end $$;
      create trigger note after insert on casts for each statement execute function note()`;
      await own.client.query(record);

      await copying.applyPage(aPage(changes));
      // One account that was read by itself: rows may be there.
      await inserting.applyPage(aPage(changes, { fallbackCount: 1 }));

      for (const { name } of (await own.client.query("select name from copied")).rows)
        copied.push(name);
      expect(copied.length).toBeGreaterThan(0);
      for (const text of copied) expect(text).toMatch(/^copy casts/);
      const dumps = await dump(own.database.url);
      for (const table of TABLE_NAMES) expect(dumps.get(table)?.length, table).toBeGreaterThan(0);
      expect(dumps).toEqual(await dump(other.url));
      if (count !== undefined) {
        for (const table of PARTITIONED_TABLES) expect(await countOf(`only ${table}`)).toBe(0);
      }
    },
  );

  it("writes pages of more rows than one COPY takes, up to any end of a batch", async () => {
    await using store = await openPlanned(own.database);
    for (const [index, count] of [1, 99, 100, 101, 200, 1001].entries()) {
      await own.client.query("truncate reactions");
      const token = index === 0 ? null : String(index);
      await store.applyPage(
        aPage(reactionsOf(count), { pageToken: token, nextPageToken: String(index + 1) }),
      );
      expect(await countOf("reactions")).toBe(count);
    }
  });

  it("writes a page with rows that are there once keys are, and leaves these as they are", async () => {
    await using store = await openPlanned(own.database);
    const pids = await backendOf();
    const changes = castsOf(150);
    await store.applyPage(aPage(changes.slice(0, 3)));
    await store.finishLoading();
    await own.client.query("update casts set text = 'mine'");

    await store.applyPage(aPage(changes, { pageToken: "next", nextPageToken: "last" }));

    expect(await countOf("casts")).toBe(150);
    expect(await countOf("casts where text = 'mine'")).toBe(3);
    expect(await countOf("quarantined_messages")).toBe(0);
    expect(await tokenOf(store)).toBe("last");
    expect(await backendOf()).toEqual(pids);
  });

  it("sets aside what the database refuses in the midst of a COPY, and keeps its connection", async () => {
    await using store = await openPlanned(own.database);
    const pids = await backendOf();
    await own.client.query("alter table casts add constraint mine check (text <> 'cast 120')");

    await store.applyPage(aPage([...castsOf(350), ...reactionsOf(150)]));

    expect([await countOf("casts"), await countOf("reactions")]).toEqual([349, 150]);
    expect(await countOf("quarantined_messages where reason = 'rejected_23514'")).toBe(1);
    expect(await backendOf()).toEqual(pids);
  });

  it("writes nothing behind a fence that does not hold, and keeps its connection", async () => {
    await using store = await openPlanned(own.database);
    const pids = await backendOf();

    const fenced = store.applyPage(
      aPage([...castsOf(150), ...reactionsOf(350)], { pageToken: "other" }),
    );

    await expect(fenced).rejects.toMatchObject({ code: "fenced" });
    expect([await countOf("casts"), await countOf("reactions")]).toEqual([0, 0]);
    await store.applyPage(aPage(castsOf(2)));
    expect(await countOf("casts")).toBe(2);
    expect(await backendOf()).toEqual(pids);
  });

  it("tells of a relation that is not there, and keeps its connection", async () => {
    await using store = await openPlanned(own.database);
    const pids = await backendOf();
    await own.client.query("alter table casts rename to away");

    const page = aPage([...castsOf(300), ...reactionsOf(300)]);
    await expect(store.applyPage(page)).rejects.toMatchObject({ code: "schema_mismatch" });

    await own.client.query("alter table away rename to casts");
    await store.applyPage(page);
    expect([await countOf("casts"), await countOf("reactions")]).toEqual([300, 300]);
    expect(await backendOf()).toEqual(pids);
  });

  it("leaves nothing half when its connection ends in the midst of a page", async () => {
    await using store = await openPlanned(own.database);
    await own.client.query("begin; lock table casts in access exclusive mode");
    const page = aPage([...reactionsOf(250), ...castsOf(250)]);
    const ended = expect(store.applyPage(page)).rejects.toMatchObject({ code: "connection" });
    const WAITING = `select pid from pg_stat_activity
      where application_name = 'loading' and wait_event_type = 'Lock'`;
    for (;;) {
      const { rows } = await own.client.query(WAITING);
      if (rows.length > 0) {
        await own.client.query("select pg_terminate_backend($1)", [rows[0].pid]);
        break;
      }
      await delay(10);
    }
    await ended;
    await own.client.query("rollback");

    expect([await countOf("casts"), await countOf("reactions")]).toEqual([0, 0]);
    expect(await tokenOf(store)).toBeNull();
    await store.applyPage(page);
    expect([await countOf("casts"), await countOf("reactions")]).toEqual([250, 250]);
  });

  it("shows a handler its rows, and writes none of them when it throws", async () => {
    const seen: number[] = [];
    let isFailing = true;
    await using store = await openPlanned(own.database, {
      async onChanges(changes, transaction) {
        const { rows } = await transaction.query("select count(*)::int as count from casts");
        seen.push(changes.length, rows[0].count);
        if (isFailing) throw new Error("no");
      },
    });

    await expect(store.applyPage(aPage(castsOf(150)))).rejects.toThrow("no");
    expect(await countOf("casts")).toBe(0);
    isFailing = false;
    await store.applyPage(aPage(castsOf(150)));

    expect(seen).toEqual([150, 150, 150, 150]);
    expect(await countOf("casts")).toBe(150);
  });
});
