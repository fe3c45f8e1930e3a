// Connections to one database: how statements reach it, and what they throw.

import PQueue from "p-queue";
import type { Client, Pool, PoolClient, QueryConfig, QueryResult } from "pg";
import pg from "pg";
import { fromPostgresError } from "./postgres-errors.ts";
import { isReason, untilBegun, untilBrokenOff } from "./sessions/break-off.ts";
import type { Backend, ConnectionOptions } from "./sessions/connection-options.ts";
import { openSession, pooledSql, toClientConfig } from "./sessions/set-up.ts";
import type { OpenConnections } from "./sessions/sockets.ts";
import { createOpenConnections, findSocket } from "./sessions/sockets.ts";
import type { Statement } from "./statements.ts";
import { send } from "./statements.ts";

export type { Backend, ConnectionOptions };

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
  /**
   * The same connections, of which each call rejects with the reason of `signal` when that aborts before
   * it is done. A server breaks off what it is at, with the transaction; an embedded database, which has
   * one session for all, is let go on with it.
   */
  until(signal: AbortSignal | undefined): Connections;
  close(): Promise<void>;
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

/** What is done over one connection of the pool. */
type Work<Result> = (client: PoolClient) => Promise<Result>;

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

  function withClient<Result>(work: Work<Result>, signal?: AbortSignal): Promise<Result> {
    if (signal === undefined) return queue.add(() => onClient(work));
    return untilBegun(signal, (begin) =>
      queue.add(async () => {
        // Nobody waits for it any more.
        signal.throwIfAborted();
        return await onClient((client) => {
          // Where nothing can be broken off, it must not be begun.
          signal.throwIfAborted();
          begin();
          return untilBrokenOff(connections, { session: client, work: () => work(client), signal });
        }, signal);
      }),
    );
  }

  async function onClient<Result>(work: Work<Result>, signal?: AbortSignal) {
    let client: PoolClient | undefined;
    let failure: Error | boolean | undefined;
    try {
      client = await pool.connect();
      if (!ready.has(client) && pooledSetUp !== "") await client.query(pooledSetUp);
      ready.add(client);
      return await work(client);
    } catch (error) {
      if (isReason(error, signal)) throw error;
      const wrapped = fromPostgresError(error);
      if (wrapped.code === "connection") failure = wrapped;
      throw wrapped;
    } finally {
      // What has been told to break off may hear of it late, in the middle of something else.
      if (signal?.aborted) failure ??= options.backend === "server";
      client?.release(failure);
    }
  }

  function bind(signal: AbortSignal | undefined): Connections {
    return {
      schema: options.schema,
      backend: options.backend,
      statementTimeoutMs: options.statementTimeoutMs,
      pool,
      query: (statement) =>
        withClient(
          (client) =>
            options.backend === "server" || typeof statement === "string"
              ? client.query(statement)
              : runAlone(client, statement),
          signal,
        ),
      pipeline: (statements) => withClient((client) => runPipeline(client, statements), signal),
      transact: (work) => withClient((client) => runTransaction(client, work), signal),
      async connect() {
        signal?.throwIfAborted();
        const client = await openSession(options);
        open.add(client);
        if (!signal?.aborted) return client;
        await client.end();
        throw signal.reason;
      },
      giveUp: open.giveUp,
      until: (other) => (other === undefined ? connections : bind(other)),
      close() {
        closed ??= pool.end();
        return closed;
      },
    };
  }

  const connections = bind(undefined);
  return connections;
}
