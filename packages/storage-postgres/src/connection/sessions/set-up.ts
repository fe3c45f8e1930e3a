// What a session is before its first statement.
import type { Client } from "pg";
import pg from "pg";
import { int8AsBigint } from "../int8-as-bigint.ts";
import { fromPostgresError } from "../postgres-errors.ts";
import type { ConnectionOptions } from "./connection-options.ts";

/** How long a connection says nothing before this machine asks whether the server's is still there. */
const KEEPALIVE_DELAY_MS = 15_000;

/** What the driver is told of a connection. */
export function toClientConfig(options: ConnectionOptions): pg.ClientConfig {
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
export function pooledSql(options: ConnectionOptions): string {
  const session = sessionSql(options);
  // What an earlier connection of the pool prepared outlives it in a shared session.
  if (options.backend === "embedded") return `deallocate all; ${session}`;
  if (options.backend === "embeddedGuest") return session;
  // A process that is stopped in a transaction keeps locks from whoever takes over.
  return `${session}; set idle_in_transaction_session_timeout to ${options.idleTransactionMs}`;
}

/** Opens a session that is nobody else's. */
export async function openSession(options: ConnectionOptions): Promise<Client> {
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
