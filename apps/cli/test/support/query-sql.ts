// Statements that somebody runs beside the program, such as with psql.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import pg from "pg";
import type { Workplace } from "./databases.ts";

type Row = Readonly<Record<string, string>>;

async function queryAt(config: pg.ClientConfig, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function socketConfig(folder: string): pg.ClientConfig {
  return { host: folder, port: 5432, user: "postgres", database: "postgres" };
}

/** A session that stays open, for what is asked over and over: to open one takes longer than to ask. */
export interface Session extends AsyncDisposable {
  query(sql: string): Promise<pg.QueryResult["rows"]>;
}

/** Opens a session in a workplace's database on the server. */
export async function openSession({ databaseFlags }: Workplace): Promise<Session> {
  const client = new pg.Client({ connectionString: databaseFlags[1] });
  await client.connect();
  return {
    query: async (sql) => (await client.query(sql)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** Runs a statement in a workplace's database, whether or not a program has it open. */
export async function querySql(
  { folder, databaseFlags }: Workplace,
  sql: string,
): Promise<readonly Row[]> {
  const [, url] = databaseFlags;
  if (url !== undefined) return queryAt({ connectionString: url }, sql);
  const socketFolder = join(folder, ".snaprag/db.socket");
  if (existsSync(socketFolder)) return queryAt(socketConfig(socketFolder), sql);
  const embedded = { folder: join(folder, ".snaprag/db"), holder: "a test" };
  await using database = await openEmbeddedDatabase(embedded);
  return await queryAt(socketConfig(database.socketFolder), sql);
}
