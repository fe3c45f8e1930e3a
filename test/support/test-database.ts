import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import "./provided-context.ts";

/** A database of its own on the run's server. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("databaseServerUrl") });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Creates an empty database; disposing drops it, with whoever is still connected. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `snaprag_test_${randomBytes(6).toString("hex")}`;
  await onServer(`create database ${name}`);
  const url = new URL(inject("databaseServerUrl"));
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    [Symbol.asyncDispose]: () => onServer(`drop database ${name} with (force)`),
  };
}
