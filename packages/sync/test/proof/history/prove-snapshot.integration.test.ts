// What is said of a snapshot whose root fits, though not every account in it could be looked into.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { afterEach, expect, it } from "vitest";
import { createTestDatabase } from "../../../../../test/support/test-database.ts";
import { createSyncer } from "../../../src/index.ts";
import { newStore, startDevnet } from "../../support/mirrors.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** Downloads a snapshot that many accounts have changed since; follows no block. */
async function download(options: DevnetOptions, store: Store = newStore()) {
  devnet = await startDevnet(options);
  await devnet.takeSnapshot();
  await devnet.produceBlock(100);
  const { logger, errors } = createRecordingLogger();
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const syncer = createSyncer({
    ...{ client, store, logger, mode: "historical" },
    holder: "a test",
  });
  await syncer.run();
  const [, ...shards] = await store.listShards();
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
