// What connections are made of.
import type pg from "pg";

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
