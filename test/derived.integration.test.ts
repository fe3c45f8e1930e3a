// What a mirror derives, held against the answers of the node it was made of.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import { createSyncer } from "@snaprag/sync";
import type { ClientConfig } from "pg";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareDerived } from "./support/compare-derived.ts";
import { copyEmbeddedDatabase } from "./support/embedded-template.ts";
import { createTestDatabase } from "./support/test-database.ts";

type StoreOptions = Parameters<typeof createPostgresStore>[0];

interface OpenDatabase extends AsyncDisposable {
  readonly storeOptions: StoreOptions;
  readonly connection: ClientConfig;
}

async function onServer(): Promise<OpenDatabase> {
  const database = await createTestDatabase();
  const connection = { connectionString: database.url };
  return {
    storeOptions: connection,
    connection,
    [Symbol.asyncDispose]: database[Symbol.asyncDispose],
  };
}

async function embedded(): Promise<OpenDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "snaprag-derived-"));
  await copyEmbeddedDatabase(join(folder, "db"));
  const database = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "a test" });
  return {
    storeOptions: database.storeOptions,
    connection: database.storeOptions.connection ?? {},
    async [Symbol.asyncDispose]() {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Relations that the comparison would pass over if they were empty. */
const DERIVED = [
  "fids",
  "user_profiles",
  "user_profile_snapshots",
  "signers",
  "tier_periods",
  "storage_units",
  "fnames",
  "usernames",
  "username_history",
  "channels",
  "channel_member_states",
];

describe("what a mirror derives is what its node answers", () => {
  let devnet: Devnet;

  beforeAll(async () => {
    devnet = createDevnet({ users: 200, messages: 4000, trafficPerBlock: 40, blockMs: 0 });
    await devnet.start();
    await devnet.produceBlock(60);
  });
  afterAll(() => devnet.stop());

  it.each([
    ["PostgreSQL", onServer],
    ["the embedded database", embedded],
  ])(
    "after a snapshot and 120 blocks, in %s",
    async (_, openDatabase) => {
      await using database = await openDatabase();
      await using store = createPostgresStore(database.storeOptions);
      await using client = createNodeClient({ endpoint: devnet.endpoint });
      const { connection } = database;
      const sync = () =>
        createSyncer({ client, store, holder: "a test", syncIntervalMs: 20 }).run({
          untilSynced: true,
        });
      await sync();
      expect(await compareDerived({ client, database: connection })).toEqual([]);

      await devnet.produceBlock(120);
      await sync();

      expect(await compareDerived({ client, database: connection })).toEqual([]);
      const session = new pg.Client(connection);
      await session.connect();
      for (const relation of DERIVED) {
        const { rows } = await session.query(`select count(*)::int as count from ${relation}`);
        expect(rows[0].count, relation).toBeGreaterThan(0);
      }
      await session.end();
    },
    300_000,
  );
});
