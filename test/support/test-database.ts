import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import "./provided-context.ts";

/** A database of its own on the run's server. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Runs a statement as somebody would who has no store, such as with psql. */
  query(statement: string): Promise<pg.QueryResult>;
}

async function runAt(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onServer(statement: string): Promise<void> {
  await runAt(inject("databaseServerUrl"), statement);
}

/**
 * Creates a database, empty or with all that is in another one, which nobody may be connected to.
 * Disposing drops it, with whoever is still connected.
 */
export async function createTestDatabase(copied?: { readonly url: string }): Promise<TestDatabase> {
  const name = `snaprag_test_${randomBytes(6).toString("hex")}`;
  const template = copied === undefined ? "" : ` template ${new URL(copied.url).pathname.slice(1)}`;
  await onServer(`create database ${name}${template}`);
  const url = new URL(inject("databaseServerUrl"));
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    query: (statement) => runAt(url.toString(), statement),
    [Symbol.asyncDispose]: () => onServer(`drop database ${name} with (force)`),
  };
}
