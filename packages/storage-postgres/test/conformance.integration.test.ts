import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@snaprag/storage";
import { CONFORMANCE_CASES } from "@snaprag/storage/conformance";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import type { EmbeddedDatabase } from "../src/embedded/index.ts";
import { openEmbeddedDatabase } from "../src/embedded/index.ts";
import type { PostgresStoreOptions } from "../src/index.ts";
import { createPostgresStore } from "../src/index.ts";

async function openEmptyStore(options: PostgresStoreOptions): Promise<Store> {
  const store = createPostgresStore(options);
  await store.reset();
  await store.migrate();
  return store;
}

describe("the PostgreSQL store on a server, in a schema of its own", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const store = createPostgresStore({ connectionString: database.url, schema: "mirror" });
    await store.migrate();
    await store.close();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  for (const { name, run } of CONFORMANCE_CASES) {
    const openStore = () =>
      openEmptyStore({ connectionString: database.url, schema: "mirror", maxConnections: 2 });
    it(name, () => run({ openStore, runs: 20 }));
  }
});

describe("the PostgreSQL store embedded", () => {
  let folder: string;
  let database: EmbeddedDatabase;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "snaprag-embedded-"));
    database = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "a test" });
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { name, run } of CONFORMANCE_CASES) {
    it(name, () => run({ openStore: () => openEmptyStore(database.storeOptions), runs: 5 }));
  }
});
