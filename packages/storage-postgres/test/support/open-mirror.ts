import type { Store } from "@snaprag/storage";
import pg from "pg";
import type { TestDatabase } from "../../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../../test/support/test-database.ts";
import { createPostgresStore } from "../../src/index.ts";
import { batchOf, changesOf } from "./stores.ts";

type HubEvent = Parameters<typeof changesOf>[1][number];

/** A mirror of shard 1 that tests tell what happens, and ask what follows. */
export interface Mirror extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly store: Store;
  /** Applies a block of these events. */
  merge(...events: readonly HubEvent[]): Promise<void>;
  /** Runs a query. Columns of type bigint come as text. */
  select(text: string, ...values: readonly unknown[]): Promise<pg.QueryResult["rows"]>;
}

/** Opens an empty mirror of a network with two data shards; mainnet unless told. */
export async function openMirror(network = 1): Promise<Mirror> {
  const database = await createTestDatabase();
  const store = createPostgresStore({ connectionString: database.url });
  await store.migrate();
  await store.bindNetwork({ network, shardCount: 2 });
  await store.startRealtime(1, 0n);
  const client = new pg.Client(database.url);
  await client.connect();
  let block = 0n;
  return {
    database,
    store,
    async merge(...events) {
      block += 1n;
      await store.applyBlocks(batchOf(block, changesOf(block, events)));
    },
    select: async (text, ...values) => (await client.query(text, [...values])).rows,
    async [Symbol.asyncDispose]() {
      await client.end();
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
