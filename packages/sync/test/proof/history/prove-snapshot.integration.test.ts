// What is said of a snapshot whose root fits, though not every account in it could be looked into.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { afterEach, expect, it } from "vitest";
import { createTestDatabase } from "../../../../../test/support/test-database.ts";
import type { SyncerOptions } from "../../../src/index.ts";
import { createSyncer, repairStore } from "../../../src/index.ts";
import { newStore, startDevnet } from "../../support/mirrors.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** Downloads a snapshot that many accounts have changed since; follows no block. */
async function download(options: DevnetOptions, store: Store = newStore()) {
  devnet = await startDevnet(options);
  await devnet.takeSnapshot();
  await devnet.produceBlock(100);
  return downloadAgain(store);
}

/** Downloads what there is to download, as a sync does that follows no block. */
async function downloadAgain(store: Store, more: Partial<SyncerOptions> = {}) {
  const { logger, errors } = createRecordingLogger();
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const syncer = createSyncer({
    ...{ client, store, logger, mode: "historical", holder: "a test" },
    ...more,
  });
  await syncer.run();
  const shards = (await store.listShards()).filter(({ shardId }) => shardId > 0);
  const partitions = await Promise.all(shards.map(({ shardId }) => store.listPartitions(shardId)));
  const unproven = partitions.flat().filter(({ proof }) => proof?.unprovenAccountCount !== 0);
  return { statuses: shards.map(({ proof }) => proof?.status), unproven, errors };
}

it("contradicts nothing where accounts have changed that are read one by one", async () => {
  const { statuses, unproven, errors } = await download({ gaslessKeys: true });

  expect(unproven.length).toBeGreaterThan(0);
  expect(statuses).toContain("unproved");
  expect(statuses).not.toContain("mismatch");
  expect(errors).toEqual([]);
});

it("proves accounts that have changed and are listed by pages", async () => {
  const { statuses, unproven } = await download({ gaslessKeys: false });

  expect(unproven).toEqual([]);
  expect(statuses).toEqual(["proved", "proved"]);
});

it("proves no keys of a mirror that is not to have them", async () => {
  devnet = await startDevnet({ gaslessKeys: true });
  await devnet.takeSnapshot();
  const store = newStore();

  const { statuses, unproven } = await downloadAgain(store, { shardIds: [1, 2] });

  expect(unproven).toEqual([]);
  expect(statuses).toContain("unproved");
  expect(statuses).not.toContain("mismatch");
});

it("proves what is listed, and not rows of before that no listing alters", async () => {
  const store = newStore();
  expect((await download({ gaslessKeys: false }, store)).statuses).toEqual(["proved", "proved"]);
  await devnet.takeSnapshot();
  const virtualShards = (await store.listPartitions(1)).map(({ virtualShard }) => virtualShard);
  await store.planSnapshot({ shardId: 1, height: 0n, virtualShards });

  const { statuses } = await downloadAgain(store);

  expect(statuses).toEqual(["unproved", "proved"]);
});

it("calls nothing proved of which the database has refused a part", async () => {
  await using database = await createTestDatabase();
  await using store = createPostgresStore({ connectionString: database.url });
  await store.migrate();
  await database.query("alter table casts add check (octet_length(text) < 100) not valid");

  const { statuses, unproven } = await download({ gaslessKeys: false }, store);

  expect(unproven).toEqual([]);
  expect(statuses).toEqual(["mismatch", "mismatch"]);
  const [, ...shards] = await store.listShards();
  for (const { quarantinedCount } of shards) expect(quarantinedCount).toBeGreaterThan(0);
});

it("repairs what it can where the database takes a row no more than before", async () => {
  devnet = await startDevnet({ gaslessKeys: false });
  await devnet.takeSnapshot();
  await using database = await createTestDatabase();
  await using store = createPostgresStore({ connectionString: database.url });
  await store.migrate();
  await database.query("alter table casts add check (octet_length(text) < 100) not valid");
  await downloadAgain(store);
  await database.query("delete from links");
  await using client = createNodeClient({ endpoint: devnet.endpoint });

  const repaired: boolean[] = [];
  for await (const { accounts } of repairStore({ client, store })) {
    repaired.push(...accounts.map(({ isProved }) => isProved));
  }

  expect(repaired).toContain(false);
  expect(repaired).toContain(true);
});
