// Calls that are under way when their signal aborts.
import type { Store } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { ABORTABLE_CALLS, prepare } from "../../../storage/src/conformance/contract/abort-cases.ts";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";

const own = useDatabase();

/** Builds wait for locks of their own, which a test of theirs is about. */
const UNDER_WAY = Object.entries(ABORTABLE_CALLS).filter(([name]) => name !== "finishLoading");

/** With one connection for all, of which every call is to have it fit. */
async function openPrepared(): Promise<Store> {
  const store = createPostgresStore({ connectionString: own.database.url, maxConnections: 1 });
  await store.migrate();
  await prepare(store);
  return store;
}

/** Keeps everybody else from every relation. */
async function lockAll(): Promise<void> {
  const { rows } = await own.client.query(
    "select string_agg(quote_ident(tablename), ', ') as names from pg_tables where schemaname = 'public'",
  );
  await own.client.query(`begin; lock table ${rows[0].names} in access exclusive mode`);
}

/** Sessions of the store that wait for the lock. */
async function countWaiting(): Promise<number> {
  const { rows } = await own.database.query(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and application_name = 'snaprag' and wait_event_type = 'Lock'`,
  );
  return rows[0].count;
}

describe("a call whose signal aborts while the database is at it", () => {
  it.each(UNDER_WAY)(
    "%s() ends, in the server too, and what comes next is answered",
    async (_, call) => {
      await using store = await openPrepared();
      await lockAll();
      const stop = new AbortController();
      const reason = new Error("told to stop");

      const ended = expect(call(store, stop.signal)).rejects.toBe(reason);
      await expect.poll(countWaiting, { timeout: 20_000 }).toBe(1);
      stop.abort(reason);

      // The lock is still held: nothing but breaking off ends the wait for it.
      await ended;
      await expect.poll(countWaiting, { timeout: 20_000 }).toBe(0);
      await own.client.query("rollback");
      await call(store);
    },
  );

  it("ends also where it waits for a connection that another has", async () => {
    await using store = await openPrepared();
    await lockAll();
    const stop = new AbortController();
    const reason = new Error("told to stop");

    const first = store.listShards();
    await expect.poll(countWaiting, { timeout: 20_000 }).toBe(1);
    const ended = expect(store.listShards(stop.signal)).rejects.toBe(reason);
    stop.abort(reason);

    await ended;
    await own.client.query("rollback");
    expect(await first).toHaveLength(2);
  });

  it("ends what a view is reading", async () => {
    await using store = await openPrepared();
    const stop = new AbortController();
    const reason = new Error("told to stop");
    await using view = await store.openView(stop.signal);
    await own.client.query("begin; lock table trie_leaves in access exclusive mode");

    const reading = view.readLeaves(1, [1n]);
    const ended = expect(reading).rejects.toBe(reason);
    await expect.poll(countWaiting, { timeout: 20_000 }).toBe(1);
    stop.abort(reason);

    await ended;
    await own.client.query("rollback");
  });
});
