// One PostgreSQL for everything that is measured, each program with a database of its own.
import { readFileSync } from "node:fs";
import pg from "pg";
import { cpuSecondsOf } from "../processes/run-measured.mjs";
import { startChild } from "../processes/start-child.mjs";

/** Definitions of the secondary indexes of the relations that messages are written to. */
const INDEXES = `
select indexdef from pg_indexes
where schemaname = 'public' and indexname not in (select conname from pg_constraint)
  and tablename not in ('fids', 'user_profiles', 'trie_leaves', 'quarantined_messages')
  and tablename not like 'sync%' and tablename not like '%embedding%'`;

/** Bytes of all relations: an empty database's own catalogue is not counted. */
const BYTES = `
select coalesce(sum(pg_total_relation_size(oid)), 0)::float8 as bytes from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r'`;

const LARGEST_USER = `
select count(*)::int as messages from (
  select fid from casts union all select fid from reactions union all select fid from links) of_all
group by fid order by 1 desc limit 1`;

/** Most of all rows. */
const REACTIONS = "select count(*)::int as count from reactions";

/** Does something with a connection of its own. */
export async function withClient(url, work) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Rows of a query. */
export async function queryRows(url, text, values) {
  return await withClient(url, async (client) => (await client.query(text, values)).rows);
}

/** Bytes on disk, keys and indexes included. */
export async function bytesOnDisk(url) {
  return (await queryRows(url, BYTES))[0].bytes;
}

/** What another program needs to know of a mirror to make the like of it. */
export async function describeMirror(url) {
  const indexes = await queryRows(url, INDEXES);
  const [largestUser] = await queryRows(url, LARGEST_USER);
  const [{ count: reactions }] = await queryRows(url, REACTIONS);
  return {
    bytes: await bytesOnDisk(url),
    reactions,
    indexes: indexes.map(({ indexdef }) => indexdef),
    largestUser: largestUser?.messages ?? 0,
  };
}

/** Exactly as many reactions as a mirror of the network has, or what was measured was something else. */
export async function expectReactions(url, { reactions }) {
  const [{ count }] = await queryRows(url, REACTIONS);
  if (count !== reactions) throw new Error(`${count} reactions were written, not ${reactions}`);
}

async function findPostmaster(admin) {
  const { rows } = await admin.query("select pg_backend_pid() as pid");
  const status = readFileSync(`/proc/${rows[0].pid}/status`, "utf8");
  return Number(/PPid:\s+(\d+)/.exec(status)[1]);
}

/** Starts the server, with its writes as durable as those of a server in use. */
export async function startDatabaseServer() {
  const server = await startChild("../test/support/serve-postgres.mjs", ["durable"]);
  const admin = new pg.Client(server.ready);
  await admin.connect();
  const postmaster = await findPostmaster(admin);
  const { rows } = await admin.query("show server_version");
  let count = 0;
  const nameOf = (url) => new URL(url).pathname.slice(1);

  /**
   * Creates a database, empty or as a copy of another one to which nobody is connected. What others have
   * left in memory goes to disk first, and not while this one is measured.
   */
  async function create(original) {
    await admin.query("checkpoint");
    count += 1;
    const copied = original ? ` template ${nameOf(original)} strategy file_copy` : "";
    await admin.query(`create database bench_${count}${copied}`);
    const url = new URL(server.ready);
    url.pathname = `/bench_${count}`;
    return url.toString();
  }

  /** Does for a database at once what the server would do for it by and by, beside whatever is measured. */
  async function settle(url) {
    await queryRows(url, "vacuum");
    await admin.query("checkpoint");
  }

  async function drop(url) {
    await admin.query(`drop database ${nameOf(url)} with (force)`);
  }

  async function withNew(original, work) {
    const url = await create(original);
    try {
      return await work(url);
    } finally {
      await drop(url);
    }
  }

  return {
    version: rows[0].server_version,
    pid: server.pid,
    /** CPU seconds of the whole server so far. */
    cpuSeconds: () => cpuSecondsOf(postmaster),
    create,
    drop,
    settle,
    /** Does something with a database that is new, and drops it. */
    withDatabase: (work) => withNew(undefined, work),
    /** Does something with a copy of a database, and drops it. */
    withCopy: (original, work) => withNew(original, work),
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}
