/**
 * Why a store could not do what was asked.
 *
 * - `connection`: the database cannot be reached, closed the connection, or takes no writes over it.
 * - `serialization`, `deadlock`, `lock_timeout`: another transaction was in the way.
 * - `statement_timeout`: a statement took longer than allowed.
 * - `constraint`: a row breaks a constraint.
 * - `invalid_data`: a value that no column of its type, or no index over it, can hold.
 * - `out_of_resources`: disk or memory is full, or there are too many connections.
 * - `unauthorized`: wrong credentials, or a right is missing.
 * - `schema_mismatch`: a relation or column is not what this version expects.
 * - `layout_mismatch`: the relations are divided otherwise than asked for.
 * - `newer_schema`: a newer version of the software has migrated the database.
 * - `unsupported_server`: the database server is older than the store is written for.
 * - `migration`: a migration failed; the database is as it was before it.
 * - `locked`: another process has this store for itself, or syncs where nobody may.
 * - `fenced`: another process has moved the progress this batch builds on.
 * - `network_mismatch`: the store mirrors another network.
 * - `closed`: the store was closed.
 * - `unknown`: none of these.
 */
export type StorageErrorCode =
  | "connection"
  | "serialization"
  | "deadlock"
  | "lock_timeout"
  | "statement_timeout"
  | "constraint"
  | "invalid_data"
  | "out_of_resources"
  | "unauthorized"
  | "schema_mismatch"
  | "layout_mismatch"
  | "newer_schema"
  | "unsupported_server"
  | "migration"
  | "locked"
  | "fenced"
  | "network_mismatch"
  | "closed"
  | "unknown";

const RETRYABLE: ReadonlySet<StorageErrorCode> = new Set([
  "connection",
  "serialization",
  "deadlock",
  "lock_timeout",
  "statement_timeout",
  "out_of_resources",
]);

/** What is known about a failure besides its code. */
export interface StorageErrorOptions {
  /** What the database or its driver threw. */
  readonly cause?: unknown;
  /** SQLSTATE of the database, where there is one. */
  readonly sqlState?: string | undefined;
  /** Who holds the store, for `locked`. */
  readonly holder?: string | undefined;
}

/** A store could not do what was asked. Branch on {@link code}, never on the message. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;
  /** True when the same call may succeed later without changing it. */
  readonly retryable: boolean;
  readonly sqlState: string | undefined;
  readonly holder: string | undefined;

  constructor(code: StorageErrorCode, message: string, options: StorageErrorOptions = {}) {
    super(`[${code}] ${message}`, { cause: options.cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.sqlState = options.sqlState;
    this.holder = options.holder;
  }
}
