// What happens around a write: migrations, locks, handlers, failures.
import { setTimeout as delay } from "node:timers/promises";
import type { Change } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import { describe, expect, it } from "vitest";
import type { PostgresStoreOptions } from "../src/index.ts";
import { createPostgresStore, SCHEMA_VERSION } from "../src/index.ts";
import { useDatabase } from "./support/each-database.ts";
import { batchOf, changesOf, pageOf } from "./support/stores.ts";

const own = useDatabase();

const open = (options: PostgresStoreOptions = {}) =>
  createPostgresStore({ connectionString: own.database.url, ...options });

const gm = batchOf(1n, changesOf(1n, [aMergeMessageEvent(aCastAdd({ text: "gm" }))]));

async function countCasts(): Promise<number> {
  return Number((await own.client.query("select count(*) from casts")).rows[0].count);
}

describe("migrate()", () => {
  it("is safe when several processes start together", async () => {
    const stores = [open(), open(), open()];
    await Promise.all(stores.map((store) => store.migrate()));
    await Promise.all(stores.map((store) => store.close()));

    const { rows } = await own.client.query("select id from schema_migrations order by id");
    expect(rows).toHaveLength(SCHEMA_VERSION);
  });

  it("refuses a database that a newer version has migrated", async () => {
    await using store = open();
    await store.migrate();
    await own.client.query("insert into schema_migrations (id, name) values (1000, 'later')");

    await expect(store.migrate()).rejects.toMatchObject({ code: "newer_schema" });
  });

  it("leaves nothing behind when a migration fails", async () => {
    await own.client.query("create table casts (mine int)");
    await using store = open();

    await expect(store.migrate()).rejects.toMatchObject({ code: "migration" });
    const { rows } = await own.client.query(
      "select to_regclass('schema_migrations') as migrations",
    );
    expect(rows).toEqual([{ migrations: null }]);
  });

  it("tells a failure in it that may pass from one that stays", async () => {
    await own.client.query("begin; create table casts (mine int)");
    await using store = open();
    const migrating = store.migrate().catch((error: unknown) => error);
    const end = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    const ended = async () => (await own.database.query(end)).rows.length;
    await expect.poll(ended, { timeout: 20_000 }).toBe(1);

    expect(await migrating).toMatchObject({
      code: "connection",
      retryable: true,
      message: expect.stringContaining("Migration 1 (messages)"),
    });
    await own.client.query("rollback");
    await store.migrate();
  });

  it("keeps to its schema", async () => {
    await using store = open({ schema: "mirror" });
    await store.migrate();

    const { rows } = await own.client.query(
      "select distinct table_schema as schema from information_schema.tables where table_name = 'casts'",
    );
    expect(rows).toEqual([{ schema: "mirror" }]);
  });
});

describe("reset()", () => {
  it("removes what migrations created and leaves the rest", async () => {
    await own.client.query("create table mine (id int)");
    await using store = open();
    await store.migrate();
    await store.reset();

    const { rows } = await own.client.query(
      `select relname from pg_class where relnamespace = 'public'::regnamespace
       union all select proname from pg_proc where pronamespace = 'public'::regnamespace`,
    );
    expect(rows).toEqual([{ relname: "mine" }]);
  });

  it("does not take views of others with it", async () => {
    await using store = open();
    await store.migrate();
    await own.client.query("create view mine as select fid from casts");

    await expect(store.reset()).rejects.toThrow("casts");
  });
});

describe("a change handler", () => {
  it("sees the changes inside the transaction that writes them", async () => {
    const seen: [readonly Change[], number][] = [];
    await using store = open({
      onChanges: async (changes, transaction) => {
        const { rows } = await transaction.query("select count(*)::int as n from casts");
        seen.push([changes, rows[0].n]);
        await transaction.query("create table if not exists handled (n int)");
      },
    });
    await store.migrate();
    await store.startRealtime(1, 0n);
    await store.applyBlocks(gm);

    expect(seen).toEqual([[gm.changes, 1]]);
    expect((await own.client.query("select to_regclass('handled') as t")).rows[0].t).toBe(
      "handled",
    );
  });

  it("is part of a commit that waits for the disk with blocks, and not with pages", async () => {
    const seen: string[] = [];
    await using store = open({
      onChanges: async (_, transaction) => {
        const { rows } = await transaction.query("show synchronous_commit");
        seen.push(rows[0].synchronous_commit);
      },
    });
    await store.migrate();
    await store.planSnapshot({ shardId: 1, height: 1n, virtualShards: [0] });
    await store.applyPage(pageOf(1n, gm.changes));
    await store.startRealtime(1, 1n);
    await store.applyBlocks(batchOf(2n, gm.changes));

    expect(seen).toEqual(["off", "on"]);
  });

  it("undoes the batch when it throws", async () => {
    await using store = open({
      onChanges: async () => {
        throw new Error("no");
      },
    });
    await store.migrate();
    await store.startRealtime(1, 0n);

    await expect(store.applyBlocks(gm)).rejects.toThrow("no");
    expect(await countCasts()).toBe(0);
    expect((await store.listShards())[0]).toMatchObject({ blockNumber: 0n });
  });
});

describe("a batch", () => {
  it("is written whole or not at all", async () => {
    await using store = open();
    await store.migrate();
    await store.startRealtime(1, 0n);
    await own.client.query("alter table quarantined_messages add constraint never check (false)");
    const broken = {
      shardId: 1,
      fid: 1n,
      hash: Uint8Array.of(1),
      messageType: null,
      rawKind: "event" as const,
      raw: Uint8Array.of(1),
      eventId: 1n,
      at: new Date(0),
      retireReason: null,
      reason: "hash_mismatch",
      detail: null,
    };

    await expect(store.applyBlocks({ ...gm, quarantined: [broken] })).rejects.toMatchObject({
      code: "constraint",
    });
    expect(await countCasts()).toBe(0);
    await store.applyBlocks(gm);
    expect(await countCasts()).toBe(1);
  });

  it("fails as a lost connection when the server ends it, and the next one works", async () => {
    await using store = open({ maxConnections: 1 });
    await store.migrate();
    await store.startRealtime(1, 0n);
    await own.client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'snaprag'",
    );

    const results = [await store.applyBlocks(gm).catch((error) => error.code)];
    if (results[0] !== undefined) results.push(await store.applyBlocks(gm));

    expect([undefined, "connection"]).toContain(results[0]);
    expect(await countCasts()).toBe(1);
  });

  it("fails as a lost connection while the server takes no writes, and is written once it does", async () => {
    const name = new URL(own.database.url).pathname.slice(1);
    await using first = open();
    await first.migrate();
    await first.startRealtime(1, 0n);
    await own.client.query(`alter database ${name} set default_transaction_read_only = on`);
    await using store = open({ maxConnections: 1 });

    await expect(store.applyBlocks(gm)).rejects.toMatchObject({
      code: "connection",
      retryable: true,
      sqlState: "25006",
    });
    await own.client.query(`alter database ${name} reset default_transaction_read_only`);
    // The same session would keep to what it began with.
    await store.applyBlocks(gm);
    expect(await countCasts()).toBe(1);
  });
});

describe("a statement", () => {
  it("waits for a connection that is in use, however long a new one may take", async () => {
    await using store = open({ maxConnections: 1, connectTimeoutMs: 500 });
    await store.migrate();
    await store.startRealtime(1, 0n);
    await own.client.query("begin; lock table casts");
    const writing = store.applyBlocks(gm);
    const waiting = store.listShards();
    await delay(1000);
    await own.client.query("commit");

    await writing;
    expect(await waiting).toMatchObject([{ shardId: 1, blockNumber: gm.blockNumber }]);
  });
});

describe("acquireSyncLock()", () => {
  it("says when the right is lost with its connection", async () => {
    await using store = open();
    await store.migrate();
    const lock = await store.acquireSyncLock("one");
    await own.client.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
    );

    await expect(lock.lost).rejects.toMatchObject({ code: "connection" });
    await (await store.acquireSyncLock("another")).release();
    await lock.release();
  });

  it("tells where whoever has it is found, when that gives no sign of life any more", async () => {
    await using store = open({ leaseMs: 60_000 });
    await store.migrate();
    await using _stopped = await store.joinSync("one that is stopped");
    await own.client.query("update sync_members set expires_at = now()");
    const { rows } = await own.client.query(
      `select pid from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database()) limit 1`,
    );

    await expect(store.acquireSyncLock("another")).rejects.toMatchObject({
      code: "locked",
      holder: expect.stringContaining(`server process ${rows[0].pid}, connected from 127.0.0.1`),
    });
  });

  it("lets two schemas of one database be synced at a time", async () => {
    await using one = open({ schema: "one" });
    await using other = open({ schema: "other" });
    await one.migrate();
    await other.migrate();
    const locks = [await one.acquireSyncLock("one"), await other.acquireSyncLock("other")];

    for (const lock of locks) await lock.release();
  });
});

describe("finishLoading()", () => {
  it("replaces an index whose build was cut off", async () => {
    await using store = open();
    await store.migrate();
    await store.finishLoading();
    await own.client.query(
      "update pg_index set indisvalid = false where indexrelid = 'casts_by_hash'::regclass",
    );
    await store.finishLoading();

    const { rows } = await own.client.query(
      "select indisvalid from pg_index where indexrelid = 'casts_by_hash'::regclass",
    );
    expect(rows).toEqual([{ indisvalid: true }]);
  });
});

describe("createPostgresStore()", () => {
  it.each([
    [{ connectionString: "postgres://a", connection: {} }, "either"],
    [{}, "either"],
    [{ connectionString: "postgres://a", schema: "Robert'); drop" }, "Robert"],
    [{ connectionString: "postgres://a", maxConnections: 0 }, "maxConnections"],
    [{ connectionString: "postgres://a", statementTimeoutMs: 1.5 }, "statementTimeoutMs"],
  ])("rejects %j", (options, word) => {
    expect(() => createPostgresStore(options)).toThrow(word);
  });

  it("says that a server cannot be reached", async () => {
    await using store = open({ connectionString: "postgres://127.0.0.1:1/none" });

    await expect(store.listShards()).rejects.toMatchObject({ code: "connection", retryable: true });
  });
});
