// How indexes are built beside others that read and write.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import type { BuildOptions } from "../../src/write/indexes.ts";
import { buildMissing } from "../../src/write/indexes.ts";
import { useDatabase } from "../support/each-database.ts";

const own = useDatabase();
const SMALL: BuildOptions = { blockingBelowBytes: 2 ** 20 };
const writeLinks = (count: number) =>
  `insert into links (fid, hash, "timestamp", signer, signature, link_type, event_id)
  select 1, decode(md5(random()::text), 'hex'), now(), '', '', '', i from generate_series(1, ${count}) i`;

let session: pg.Client;

beforeEach(async () => {
  const { url } = own.database;
  await using store = createPostgresStore({ connectionString: url });
  await store.migrate();
  session = new pg.Client(url);
  await session.connect();
});
afterEach(() => session.end());

/** What a build waits for, until it is done or waits for transactions as one that blocks nobody does. */
async function waitsFor(build: Promise<unknown>): Promise<ReadonlySet<string>> {
  const waits = new Set<string>();
  const isDone = build.then(() => true);
  while (!(await Promise.race([isDone, delay(20, false)]))) {
    const { rows } = await own.database.query(
      `select wait_event from pg_stat_activity
       where datname = current_database() and query like '%create index%' and wait_event_type = 'Lock'`,
    );
    for (const { wait_event } of rows) waits.add(wait_event);
    if (waits.has("virtualxid")) break;
  }
  return waits;
}

async function isValid(name: string): Promise<unknown> {
  const { rows } = await own.database.query(
    `select indisvalid from pg_index where indexrelid = to_regclass('${name}')`,
  );
  return rows[0]?.indisvalid;
}

/** Waits until a statement that begins like this waits for somebody. */
async function untilWaiting(beginning: string, event = "%"): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid() and query like '%${beginning}%'
    and wait_event_type = 'Lock' and wait_event like '${event}'`;
  const count = async () => (await own.database.query(waiting)).rows.length;
  await expect.poll(count, { timeout: 20_000 }).toBe(1);
}

describe("buildMissing()", () => {
  it("builds over few rows in one go, waiting for nobody who reads", async () => {
    await own.client.query("begin isolation level repeatable read; select from links");

    await buildMissing(session, [["mine", "links (event_id)"]], SMALL);

    expect(await isValid("mine")).toBe(true);
    expect((await session.query("show lock_timeout")).rows).toEqual([{ lock_timeout: "0" }]);
  });

  it("blocks no writer of many rows", async () => {
    await own.client.query(`begin; ${writeLinks(1)}`);
    await session.query(writeLinks(10_000));

    const build = buildMissing(session, [["mine", "links (event_id)"]], {
      blockingBelowBytes: 1000,
    });
    expect(await waitsFor(build)).toEqual(new Set(["virtualxid"]));
    await own.database.query(writeLinks(1));
    await own.client.query("commit");
    await build;

    expect(await isValid("mine")).toBe(true);
  });

  it("gives way to a writer that does not finish", async () => {
    await own.client.query(`begin; ${writeLinks(1)}`);

    const build = buildMissing(session, [["mine", "links (event_id)"]], SMALL);
    const waits = await waitsFor(build);
    await own.database.query(writeLinks(1));
    await own.client.query("commit");
    await build;

    expect(waits).toEqual(new Set(["relation", "virtualxid"]));
    expect(await isValid("mine")).toBe(true);
  });

  it("takes an index that somebody else commits after a while", async () => {
    await own.client.query("begin; create index mine on links (event_id)");

    const build = buildMissing(session, [["mine", "links (event_id)"]], SMALL);
    await untilWaiting("create index concurrently mine", "relation");
    await own.client.query("commit");
    await build;

    expect(await isValid("mine")).toBe(true);
  });
});

describe("finishLoading()", () => {
  const INDEXES =
    "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1";
  const drop = (name: string) => own.database.query(`drop index ${name}`);

  it("builds side by side what it builds one by one, and what is missing of it", async () => {
    const { url } = own.database;
    await using store = createPostgresStore({ connectionString: url });
    await session.query(writeLinks(1_000));
    await store.finishLoading();
    const built = (await own.database.query(INDEXES)).rows;
    await drop("links_by_target");
    await drop("casts_by_hash");
    // A writer that does not finish: in time, this index is built without blocking others.
    await own.client.query(`begin; ${writeLinks(1)}`);

    const finishing = store.finishLoading();
    expect(await waitsFor(finishing)).toContain("virtualxid");
    await own.client.query("commit");
    await finishing;

    expect((await own.database.query(INDEXES)).rows).toEqual(built);
    expect(await isValid("links_by_target")).toBe(true);
    const { rows } = await own.database.query(
      "select reltuples from pg_class where oid = 'links'::regclass",
    );
    expect(rows[0]?.reltuples).toBeGreaterThanOrEqual(1_000);
  });

  it("waits for the second session of a process that was killed", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    const lock = "hashtext('snaprag indexes, second hand'), hashtext('public')";
    await own.client.query(`select pg_advisory_lock(${lock})`);
    let isFinished = false;

    const finishing = store.finishLoading().then(() => {
      isFinished = true;
    });
    await delay(500);
    expect(isFinished).toBe(false);
    await own.client.query(`select pg_advisory_unlock(${lock})`);
    await finishing;

    expect(await isValid("casts_by_hash")).toBe(true);
  });

  it("waits for another process that builds, until it is told not to", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await own.client.query(
      "select pg_advisory_lock(hashtext('snaprag indexes'), hashtext('public'))",
    );
    const stop = new AbortController();

    const finishing = store.finishLoading(stop.signal);
    expect(await Promise.race([finishing, delay(500, "waiting")])).toBe("waiting");
    stop.abort(new Error("enough"));

    await expect(finishing).rejects.toThrow("enough");
    expect(await isValid("casts_by_hash")).toBeUndefined();
  });

  const LINKS_BY_TARGET =
    "links_by_target on links (target_fid, link_type) where deleted_at is null";
  const oidOf = async (name: string) =>
    (await own.database.query(`select to_regclass('${name}')::oid as oid`)).rows[0].oid;
  const invalidate = (name: string) =>
    own.database.query(
      `update pg_index set indisvalid = false where indexrelid = '${name}'::regclass`,
    );

  it("takes an index that the session of a process that was killed commits meanwhile", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await store.finishLoading();
    await drop("links_by_target");
    await drop("casts_by_hash");
    await own.client.query(`begin; create index ${LINKS_BY_TARGET}`);
    const { rows } = await own.client.query("select 'links_by_target'::regclass::oid as oid");

    const finishing = store.finishLoading();
    await untilWaiting("create index links_by_target", "transactionid");
    await own.client.query("commit");
    await finishing;

    expect(await oidOf("links_by_target")).toBe(rows[0].oid);
    expect(await isValid("casts_by_hash")).toBe(true);
  });

  it("does not take a table for an index", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await own.client.query("create table links_by_target ()");

    await expect(store.finishLoading()).rejects.toMatchObject({ code: "schema_mismatch" });
  });

  it("drops what an interrupted build has left while others read and write", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await own.client.query(`create index ${LINKS_BY_TARGET}`);
    await invalidate("links_by_target");
    await own.client.query("begin; select from links");

    const finishing = store.finishLoading();
    await untilWaiting("drop index");
    await session.query("set lock_timeout to 1000");
    await session.query(writeLinks(1));
    expect((await session.query("select from links")).rowCount).toBe(1);
    await own.client.query("commit");
    await finishing;

    expect(await isValid("links_by_target")).toBe(true);
  });

  it("leaves alone what others build, and what is not of its own", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await own.client.query("create index somebodys on casts (event_id)");
    await invalidate("somebodys");
    await own.client.query(`begin; ${writeLinks(1)}`);
    const building = session.query(`create index concurrently ${LINKS_BY_TARGET}`);
    await expect.poll(() => isValid("links_by_target"), { timeout: 20_000 }).toBe(false);
    const oid = await oidOf("links_by_target");

    const finishing = store.finishLoading();
    await delay(500);
    await own.client.query("commit");
    await Promise.all([building, finishing]);

    expect(await oidOf("links_by_target")).toBe(oid);
    expect(await isValid("links_by_target")).toBe(true);
    expect(await isValid("somebodys")).toBe(false);
  });
});
