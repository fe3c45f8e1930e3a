import pg from "pg";
import { afterEach, beforeEach } from "vitest";
import type { TestDatabase } from "../../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../../test/support/test-database.ts";

/** What each test of a file has for itself. */
export interface EachDatabase {
  /** Empty when a test begins. */
  readonly database: TestDatabase;
  /** A connection to it beside the store's. */
  readonly client: pg.Client;
}

/** Gives each test of the file that calls this an empty database and a connection to it. */
export function useDatabase(): EachDatabase {
  let current: EachDatabase | undefined;

  function require(): EachDatabase {
    if (current === undefined) throw new Error("A database is there only while a test runs");
    return current;
  }

  beforeEach(async () => {
    const database = await createTestDatabase();
    const client = new pg.Client(database.url);
    current = { database, client };
    await client.connect();
  });
  afterEach(async () => {
    const { database, client } = require();
    await client.end();
    await database[Symbol.asyncDispose]();
  });
  return {
    get database() {
      return require().database;
    },
    get client() {
      return require().client;
    },
  };
}
