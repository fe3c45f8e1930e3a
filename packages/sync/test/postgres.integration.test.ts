// The same way of the data, into PostgreSQL.
import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { describe, expect, it } from "vitest";
import { compareLive, liveOfNode, liveOfStore } from "../../../test/support/compare-mirror.ts";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import { createSyncer } from "../src/index.ts";
import { createRecordingLogger } from "./support/recording-logger.ts";

it("mirrors a devnet into PostgreSQL, then its blocks, across restarts", async () => {
  await using devnet = createDevnet({ users: 100, messages: 30_000, blockMs: 0 });
  await devnet.start();
  await using database = await createTestDatabase();
  await using client = createNodeClient({ endpoint: devnet.endpoint });

  for (let round = 0; round < 3; round++) {
    await using store = createPostgresStore({ connectionString: database.url });
    await createSyncer({ client, store, holder: "a test", syncIntervalMs: 20 }).run({
      untilSynced: true,
    });
    expect(compareLive(await liveOfStore(store), liveOfNode(devnet.listLive()))).toEqual([]);
    await devnet.produceBlock(100);
  }
});

/** Nobody writes progress for a while. */
const LOCK_PROGRESS = "begin; lock table sync_progress in share mode; select pg_sleep(2); rollback";

const LOCKS = `select from pg_locks
where relation = 'sync_progress'::regclass and mode = 'ShareLock' and granted`;

it("warns of a batch that somebody else's lock keeps from being written", async () => {
  await using devnet = createDevnet({ users: 20, messages: 500, blockMs: 0 });
  await devnet.start();
  await using database = await createTestDatabase();
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  await using store = createPostgresStore({ connectionString: database.url });
  const { logger, warnings } = createRecordingLogger();
  const options = { client, store, holder: "a test", syncIntervalMs: 20, slowWriteMs: 100, logger };
  await createSyncer(options).run({ untilSynced: true });
  expect(warnings).toEqual([]);

  await devnet.produceBlock(50);
  const locking = database.query(LOCK_PROGRESS);
  await expect.poll(() => database.query(LOCKS).then(({ rowCount }) => rowCount)).toBe(1);
  await createSyncer(options).run({ untilSynced: true });
  await locking;

  expect(warnings).toEqual([
    "a write is slow, waiting for the database",
    "the slow write has ended",
  ]);
  expect(compareLive(await liveOfStore(store), liveOfNode(devnet.listLive()))).toEqual([]);
});

/** Ends every session, as a server does that is started anew. */
async function endSessions(database: TestDatabase): Promise<void> {
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
}

describe("a server that ends all sessions", () => {
  it("is followed for by the same run, which takes its shards up again", async () => {
    await using devnet = createDevnet({ users: 20, messages: 500, blockMs: 0 });
    await devnet.start();
    await using database = await createTestDatabase();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using store = createPostgresStore({ connectionString: database.url });
    const { logger, warnings } = createRecordingLogger();
    const options = { client, store, holder: "a test", syncIntervalMs: 20, logger };
    const syncer = createSyncer(options);
    const stop = new AbortController();
    const running = syncer.run({ signal: stop.signal });
    const isAtTip = () => {
      const shards = syncer.progress();
      const heights = devnet.heights();
      return (
        shards.length === heights.size &&
        shards.every(({ shardId, blockNumber }) => blockNumber === heights.get(shardId))
      );
    };
    await expect.poll(isAtTip, { timeout: 30_000 }).toBe(true);

    for (let round = 0; round < 2; round++) {
      await endSessions(database);
      await devnet.produceBlock(5);
      await expect.poll(isAtTip, { timeout: 30_000 }).toBe(true);
    }
    stop.abort();
    await running;

    expect(compareLive(await liveOfStore(store), liveOfNode(devnet.listLive()))).toEqual([]);
    expect(warnings.filter((line) => line.startsWith("beginning again"))).toHaveLength(2);
    expect((await database.query("select from sync_members")).rows).toEqual([]);
  });

  it("is loaded into by the same run, from where it had come", async () => {
    await using devnet = createDevnet({ users: 60, messages: 6_000, blockMs: 0 });
    await devnet.start();
    await using database = await createTestDatabase();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using store = createPostgresStore({ connectionString: database.url });
    const { logger, warnings } = createRecordingLogger();
    let pageCount = 0;
    const interrupted: Store = {
      ...store,
      async applyPage(page) {
        pageCount += 1;
        if (pageCount === 150 || pageCount === 300) await endSessions(database);
        await store.applyPage(page);
      },
    };

    await createSyncer({ client, store: interrupted, holder: "a test", lanes: 4, logger }).run({
      untilSynced: true,
    });

    expect(compareLive(await liveOfStore(store), liveOfNode(devnet.listLive()))).toEqual([]);
    expect(warnings.filter((line) => line.startsWith("beginning again"))).toHaveLength(2);
    // Not from the beginning.
    expect(pageCount).toBeLessThan(700);
  });

  it("is told of when it does so before the run has begun", async () => {
    await using devnet = createDevnet({ users: 10, messages: 0, blockMs: 0 });
    await devnet.start();
    await using database = await createTestDatabase();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using store = createPostgresStore({ connectionString: database.url });
    const interrupted: Store = {
      ...store,
      async bindNetwork(identity) {
        await endSessions(database);
        await store.bindNetwork(identity);
      },
    };

    const running = createSyncer({ client, store: interrupted, holder: "a test" }).run();

    await expect(running).rejects.toMatchObject({ code: "connection" });
  });
});
