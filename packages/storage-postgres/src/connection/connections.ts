// Connections to one database: how statements reach it, and what they throw.

import PQueue from "p-queue";
import type { Client, Pool, PoolClient, QueryConfig, QueryResult } from "pg";
import pg from "pg";
import { int8AsBigint } from "./int8-as-bigint.ts";
import { fromPostgresError } from "./postgres-errors.ts";
import type { OpenConnections } from "./sockets.ts";
import { createOpenConnections, findSocket } from "./sockets.ts";
import type { Statement } from "./statements.ts";
import { send } from "./statements.ts";

/**
 * What is at the other end.
 *
 * - `server`: every connection has a session of its own.
 * - `embedded`: all connections share one session, and this process serves it.
 * - `embeddedGuest`: the same seen from another process, which must leave the session as it is.
 */
export type Backend = "server" | "embedded" | "embeddedGuest";

/** Options of a database's connections, resolved. */
export interface ConnectionOptions {
  readonly connectionString: string | undefined;
  /** Connection parameters instead of a string, as for the embedded database's socket. */
  readonly parameters: pg.ClientConfig | undefined;
  readonly schema: string;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Longest time that a transaction on a server waits for this process, but for those of `connect()`. */
  readonly idleTransactionMs: number;
  readonly applicationName: string;
  readonly backend: Backend;
}

/** How the store's parts talk to the database. Everything they throw is a `StorageError`. */
export interface Connections {
  readonly schema: string;
  readonly backend: Backend;
  readonly statementTimeoutMs: number;
  readonly pool: Pool;
  /** One statement on any connection. In a session that others share, one with parameters is a transaction. */
  query(statement: string | QueryConfig): Promise<QueryResult>;
  /** Statements of one transaction, sent at once and awaited together. */
  pipeline(statements: readonly Statement[]): Promise<void>;
  /** A transaction in which each statement depends on the one before. */
  transact<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  /** A connection of its own, for what belongs to a session. The caller ends it. */
  connect(): Promise<Client>;
  /**
   * Ends every connection without a word to the server, which answers nothing any more: what is going on
   * over them fails (`connection`), and what comes next opens others.
   */
  giveUp(why: string): void;
  close(): Promise<void>;
}

/** How long a connection says nothing before this machine asks whether the server's is still there. */
const KEEPALIVE_DELAY_MS = 15_000;

function toClientConfig(options: ConnectionOptions): pg.ClientConfig {
  const { connectionString, parameters, connectTimeoutMs, applicationName } = options;
  return {
    ...(connectionString === undefined ? {} : { connectionString }),
    ...parameters,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    // Otherwise the system's own, which is two hours.
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    types: int8AsBigint,
  };
}

/**
 * A machine that has lost its power is gone for the server within half a minute, with its locks, and
 * not in two hours. Of no effect on a local socket.
 */
const KEEPALIVE_SQL = [
  "set tcp_keepalives_idle to 15",
  "set tcp_keepalives_interval to 5",
  "set tcp_keepalives_count to 3",
];

/** What a session is set to before its first statement; nothing in another process's session. */
function sessionSql({ schema, statementTimeoutMs, backend }: ConnectionOptions): string {
  if (backend === "embeddedGuest") return "";
  return [
    `set search_path to "${schema}"`,
    `set statement_timeout to ${statementTimeoutMs}`,
    "set timezone to 'UTC'",
    ...(backend === "server" ? KEEPALIVE_SQL : []),
  ].join("; ");
}

/** The same for sessions of the pool, which are those that write. */
function pooledSql(options: ConnectionOptions): string {
  const session = sessionSql(options);
  // What an earlier connection of the pool prepared outlives it in a shared session.
  if (options.backend === "embedded") return `deallocate all; ${session}`;
  if (options.backend === "embeddedGuest") return session;
  // A process that is stopped in a transaction keeps locks from whoever takes over.
  return `${session}; set idle_in_transaction_session_timeout to ${options.idleTransactionMs}`;
}

/**
 * Sends the statements of a transaction without waiting between them; the first failure counts. All
 * go out at once: a page has a dozen, and each would be a call of the system of its own.
 */
async function runPipeline(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  const socket = findSocket(client);
  socket?.cork();
  const sent = [
    client.query("begin"),
    ...statements.map((statement) => send(client, statement)),
    client.query("commit"),
  ];
  socket?.uncork();
  const results = await Promise.allSettled(sent);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Runs work in a transaction that ends with it, one way or the other. */
async function runTransaction<Result>(
  client: PoolClient,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  await client.query("begin");
  try {
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    // A connection that is gone has rolled back already; the first error is the one to tell.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/**
 * Runs a statement that takes several messages in a session that others use as well. One that is too
 * large to come at a time gives them their turn in between, and what it has prepared is gone by then;
 * while a transaction is open, they wait.
 */
function runAlone(client: PoolClient, statement: QueryConfig): Promise<QueryResult> {
  return runTransaction(client, (transaction) => transaction.query(statement));
}

function createPool(options: ConnectionOptions, open: OpenConnections): Pool {
  const { maxConnections, backend } = options;
  const pool = new pg.Pool({
    ...toClientConfig(options),
    pipeline: true,
    max: maxConnections,
    idleTimeoutMillis: backend === "server" ? 30_000 : 0,
  });
  // A connection that breaks is replaced by the next query, which reports what is wrong. Without
  // these listeners, one that breaks between two statements would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    open.add(client);
  });
  return pool;
}

/** Creates connections; none is opened before the first statement. */
export function createConnections(options: ConnectionOptions): Connections {
  const open = createOpenConnections();
  const pool = createPool(options, open);
  const pooledSetUp = pooledSql(options);
  const ready = new WeakSet<PoolClient>();
  // The pool takes one that waits for a connection in use for one that the server does not answer, and
  // gives up after `connectTimeoutMs`.
  const queue = new PQueue({ concurrency: options.maxConnections });
  let closed: Promise<void> | undefined;

  function withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return queue.add(() => onClient(work));
  }

  async function onClient<Result>(work: (client: PoolClient) => Promise<Result>) {
    let client: PoolClient | undefined;
    let failure: Error | undefined;
    try {
      client = await pool.connect();
      if (!ready.has(client) && pooledSetUp !== "") await client.query(pooledSetUp);
      ready.add(client);
      return await work(client);
    } catch (error) {
      const wrapped = fromPostgresError(error);
      if (wrapped.code === "connection") failure = wrapped;
      throw wrapped;
    } finally {
      client?.release(failure);
    }
  }

  return {
    schema: options.schema,
    backend: options.backend,
    statementTimeoutMs: options.statementTimeoutMs,
    pool,
    query: (statement) =>
      withClient((client) =>
        options.backend === "server" || typeof statement === "string"
          ? client.query(statement)
          : runAlone(client, statement),
      ),
    pipeline: (statements) => withClient((client) => runPipeline(client, statements)),
    transact: (work) => withClient((client) => runTransaction(client, work)),
    async connect() {
      const client = await openSession(options);
      open.add(client);
      return client;
    },
    giveUp: open.giveUp,
    close() {
      closed ??= pool.end();
      return closed;
    },
  };
}

async function openSession(options: ConnectionOptions): Promise<Client> {
  const setUp = sessionSql(options);
  const client = new pg.Client({ ...toClientConfig(options), pipeline: true });
  // As above: one that breaks between two statements is told of by the next.
  client.on("error", () => undefined);
  try {
    await client.connect();
    if (setUp !== "") await client.query(setUp);
    return client;
  } catch (error) {
    // The connection is of no use whatever its end says.
    await client.end().catch(() => undefined);
    throw fromPostgresError(error);
  }
}
