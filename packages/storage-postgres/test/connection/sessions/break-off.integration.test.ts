// Builds that are broken off where whoever wants them is told to stop.
import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createConnections } from "../../../src/connection/connections.ts";
import { resolvePostgresStoreOptions } from "../../../src/connection/postgres-store-options.ts";
import { untilBrokenOff } from "../../../src/connection/sessions/break-off.ts";
import { useDatabase } from "../../support/each-database.ts";
import {
  ALL_KEYS,
  applyPages,
  castsOf,
  HEIGHT,
  openPlanned,
  readKeys,
} from "../../support/first-load.ts";

const own = useDatabase();

/** Somebody reads or writes for as long as it takes: no index comes to its end meanwhile. */
async function holdCasts() {
  await own.client.query("begin");
  await own.client.query("lock table casts in row exclusive mode");
}

const letGo = () => own.client.query("rollback");

/** Statements of builds that go on in the server. */
const BUILDING = `select query from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
  and state = 'active' and query ~ 'create.* index'`;

const countBuilds = async () => (await own.database.query(BUILDING)).rowCount;

const BUILDS: readonly (readonly [string, (store: Store, signal: AbortSignal) => Promise<void>])[] =
  [
    ["startRealtime()", (store, signal) => store.startRealtime(1, HEIGHT, signal)],
    ["finishLoading()", (store, signal) => store.finishLoading(signal)],
  ];

describe("a build that is not wanted any more", () => {
  it.each(BUILDS)(
    "is broken off in the server by the signal of %s, and made by the next",
    async (_, build) => {
      await using store = await openPlanned(own);
      await applyPages(store, castsOf(1, 2, 3));
      await holdCasts();
      const stop = new AbortController();

      const building = build(store, stop.signal);
      building.catch(() => undefined);
      await expect.poll(countBuilds, { timeout: 20_000 }).toBeGreaterThan(0);
      stop.abort(new Error("told to stop"));

      await expect(building).rejects.toThrow("told to stop");
      // The lock is still held: without being broken off, the build would wait for it.
      await expect.poll(countBuilds, { timeout: 5000 }).toBe(0);
      expect(await readKeys(own, "unique")).not.toContain("casts_pkey");
      await letGo();
      await build(store, new AbortController().signal);
      expect(await readKeys(own)).toEqual(ALL_KEYS);
    },
  );
});

describe("untilBrokenOff()", () => {
  const connections = () =>
    createConnections(
      resolvePostgresStoreOptions({ connectionString: own.database.url }).connections,
    );

  it("breaks off whatever statement comes next, when there is none just then", async () => {
    const all = connections();
    const session = await all.connect();
    const stop = new AbortController();
    let count = 0;
    const work = async () => {
      while (true) {
        // Between two statements for most of the time.
        await session.query("select pg_sleep(0.001)");
        count += 1;
        await delay(20);
      }
    };

    const running = untilBrokenOff(all, { session, work, signal: stop.signal });
    await expect.poll(() => count, { timeout: 5000 }).toBeGreaterThan(2);
    stop.abort(new Error("told to stop"));
    await session.query("select pg_sleep(10)").catch(() => undefined);

    await expect(running).rejects.toThrow("told to stop");
    await session.end();
    await all.close();
  });

  it("passes on how work ends that nobody breaks off, and begins none that is not wanted", async () => {
    const all = connections();
    const session = await all.connect();
    const { signal } = new AbortController();
    const failure = new Error("its own");

    await untilBrokenOff(all, { session, work: async () => undefined, signal });
    await expect(
      untilBrokenOff(all, { session, work: () => Promise.reject(failure), signal }),
    ).rejects.toBe(failure);
    let isBegun = false;
    const work = async () => {
      isBegun = true;
    };
    await expect(
      untilBrokenOff(all, { session, work, signal: AbortSignal.abort(failure) }),
    ).rejects.toBe(failure);

    expect(isBegun).toBe(false);
    await session.end();
    await all.close();
  });
});
