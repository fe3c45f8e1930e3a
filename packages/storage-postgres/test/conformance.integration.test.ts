import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@snaprag/storage";
import { CONFORMANCE_CASES } from "@snaprag/storage/conformance";
import pg from "pg";
import { afterAll, beforeAll, describe, it } from "vitest";
import { copyEmbeddedDatabase } from "../../../test/support/embedded-template.ts";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import type { EmbeddedDatabase } from "../src/connection/embedded/index.ts";
import { openEmbeddedDatabase } from "../src/connection/embedded/index.ts";
import type { PostgresStoreOptions } from "../src/index.ts";
import { createPostgresStore } from "../src/index.ts";

/** Empties every table, which is far quicker than making all of them anew for each scenario. */
const EMPTY_TABLES = `do $$ declare name text; begin
  for name in select tablename from pg_tables
    where schemaname = current_schema() and tablename <> 'schema_migrations'
  loop execute format('delete from %I', name); end loop;
end $$`;

async function openEmptyStore(options: PostgresStoreOptions, client: pg.Client): Promise<Store> {
  const store = createPostgresStore(options);
  await store.migrate();
  await client.query(EMPTY_TABLES);
  return store;
}

const LAYOUTS: readonly (readonly [name: string, fidPartitions: number | undefined])[] = [
  ["in a schema of its own", undefined],
  ["with tables partitioned by fid", 3],
];

describe.each(LAYOUTS)("the PostgreSQL store on a server, %s", (_, fidPartitions) => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client(database.url);
    await client.connect();
    await client.query("set search_path to mirror");
  });
  afterAll(async () => {
    await client.end();
    await database[Symbol.asyncDispose]();
  });

  for (const { name, run } of CONFORMANCE_CASES) {
    it(name, async () => {
      const place = { connectionString: database.url, schema: "mirror" };
      const options = { ...place, maxConnections: 2, fidPartitions };
      await run({ openStore: () => openEmptyStore(options, client), runs: 30 });
    });
  }
});

describe("the PostgreSQL store embedded", () => {
  let folder: string;
  let database: EmbeddedDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "snaprag-embedded-"));
    await copyEmbeddedDatabase(join(folder, "db"));
    database = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "a test" });
    client = new pg.Client(database.storeOptions.connection);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { name, run } of CONFORMANCE_CASES) {
    it(name, async () => {
      const openStore = () => openEmptyStore(database.storeOptions, client);
      await run({ openStore, runs: 8 });
    });
  }
});
