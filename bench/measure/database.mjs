// One PostgreSQL for all programs of a benchmark, each with a database of its own.
import { readFileSync } from "node:fs";
import pg from "pg";
import { startHelper } from "./helper.mjs";
import { cpuSecondsOf } from "./run-measured.mjs";

/** Definitions of the secondary indexes of the relations that messages are written to. */
const INDEXES = `
select indexdef from pg_indexes
where schemaname = 'public' and indexname not in (select conname from pg_constraint)
  and tablename not in ('fids', 'user_profiles', 'trie_leaves', 'quarantined_messages')
  and tablename not like 'sync%'`;

/** Rows of the relations that hold nearly everything, and bytes on disk. */
const CONTENTS = `
select (select count(*) from reactions) as reactions, (select count(*) from casts) as casts,
  (select count(*) from links) as links, pg_database_size(current_database()) as bytes`;

async function withClient(url, work) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What is in a database. */
export function readContents(url) {
  return withClient(url, async (client) => {
    const { rows } = await client.query(CONTENTS);
    const { rows: indexes } = await client.query(INDEXES);
    const counts = Object.fromEntries(
      Object.entries(rows[0]).map(([name, value]) => [name, Number(value)]),
    );
    return { ...counts, indexes: indexes.map(({ indexdef }) => indexdef) };
  });
}

/** Starts the server. */
export async function startDatabaseServer() {
  const server = await startHelper("../test/support/serve-postgres.mjs", ["durable"]);
  const admin = new pg.Client(server.ready);
  await admin.connect();
  const { rows } = await admin.query("select pg_backend_pid() as pid");
  const status = readFileSync(`/proc/${rows[0].pid}/status`, "utf8");
  const postmaster = Number(/PPid:\s+(\d+)/.exec(status)[1]);
  let count = 0;
  return {
    /** CPU seconds of the whole server so far. */
    cpuSeconds: () => cpuSecondsOf(postmaster),
    /** Does something with a database that is new, and drops it. */
    async withDatabase(work) {
      count += 1;
      const name = `bench_${count}`;
      await admin.query(`create database ${name}`);
      const url = new URL(server.ready);
      url.pathname = `/${name}`;
      try {
        return await work(url.toString());
      } finally {
        await admin.query(`drop database ${name} with (force)`);
      }
    },
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}
