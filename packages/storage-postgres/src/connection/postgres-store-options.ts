import type { Change } from "@snaprag/processors";
import type { ClientConfig, PoolClient } from "pg";
import { MAX_FID_PARTITIONS } from "../tables/fid-partitions.ts";
import type { Backend, createConnections } from "./connections.ts";

/** Receives what a batch changes, inside the transaction that writes it. */
export type ChangeHandler = (changes: readonly Change[], transaction: PoolClient) => Promise<void>;

/** Options of `createPostgresStore`. One of the first two says where the database is. */
export interface PostgresStoreOptions {
  /** Such as `postgres://user:secret@host:5432/farcaster`. */
  readonly connectionString?: string | undefined;
  /** Connection parameters as the `pg` driver takes them. */
  readonly connection?: ClientConfig | undefined;
  /**
   * Schema that holds every relation. Created when missing.
   *
   * @default "public"
   */
  readonly schema?: string | undefined;
  /**
   * Connections for writing and querying, besides one that a sync's locks belong to.
   *
   * @default 4
   */
  readonly maxConnections?: number | undefined;
  /**
   * Longest time one statement may take, in milliseconds.
   *
   * @default 300_000
   */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * Longest wait for a connection, in milliseconds.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Time without a sign of life, in milliseconds, after which others take over what a process was
   * syncing. One whose connection ends is not waited for. On a server also the longest time that a
   * transaction waits for this process between two statements: it fails then (`connection`), since
   * others may be waiting for its locks. Views are not cut off. A server that leaves a syncing process
   * without an answer for as long counts as gone: what the store is doing there fails (`connection`).
   *
   * @default 30_000
   */
  readonly leaseMs?: number | undefined;
  /**
   * Name of the connections in the database's own views.
   *
   * @default "snaprag"
   */
  readonly applicationName?: string | undefined;
  /**
   * Hash partitions by `fid` of each large table, from 2 to 32. Settled when `migrate()` finds an
   * empty schema; ever after the database tells, and a store that leaves it out takes what is there.
   *
   * @default none: tables are whole
   * @throws {StorageError} `layout_mismatch` from `migrate()` of a database that was created with
   * another number, or with none
   */
  readonly fidPartitions?: number | undefined;
  /** What is at the other end. @default "server" */
  readonly backend?: Backend | undefined;
  /**
   * Called with the changes of every page and block batch before they are committed. When it
   * throws, nothing of the batch is written, nor when it lets the transaction wait for longer than
   * `leaseMs`. Without it, a transaction is one round trip.
   */
  readonly onChanges?: ChangeHandler | undefined;
}

/** Options of `createPostgresStore`, with their defaults. @internal */
export interface ResolvedPostgresStoreOptions {
  readonly connections: Parameters<typeof createConnections>[0];
  readonly fidPartitions: number | undefined;
  readonly onChanges: ChangeHandler | undefined;
  readonly leaseMs: number;
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

function requirePositive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`Expected \`${name}\` to be a positive integer, got ${value}`);
}

function requirePartitions(count: number | undefined): number | undefined {
  if (count === undefined) return undefined;
  if (Number.isInteger(count) && count >= 2 && count <= MAX_FID_PARTITIONS) return count;
  throw new TypeError(
    `Expected \`fidPartitions\` to be an integer from 2 to ${MAX_FID_PARTITIONS}, got ${count}`,
  );
}

/**
 * Applies the defaults of whatever stands on connections.
 *
 * @throws {TypeError} for options that no database could honour
 * @internal
 */
export function resolvePostgresStoreOptions(
  options: PostgresStoreOptions,
): ResolvedPostgresStoreOptions {
  const { schema = "public", backend = "server", applicationName = "snaprag" } = options;
  const { maxConnections = 4, statementTimeoutMs = 300_000, connectTimeoutMs = 10_000 } = options;
  const leaseMs = requirePositive("leaseMs", options.leaseMs ?? 30_000);
  if (!SCHEMA_NAME.test(schema)) {
    throw new TypeError(
      `Expected \`schema\` to be lower-case letters, digits and underscores, got "${schema}"`,
    );
  }
  if ((options.connectionString === undefined) === (options.connection === undefined)) {
    throw new TypeError("Expected either `connectionString` or `connection`");
  }
  return {
    connections: {
      connectionString: options.connectionString,
      parameters: options.connection,
      schema,
      backend,
      applicationName,
      // One session cannot run two statements at a time.
      maxConnections: backend === "server" ? requirePositive("maxConnections", maxConnections) : 1,
      statementTimeoutMs: requirePositive("statementTimeoutMs", statementTimeoutMs),
      connectTimeoutMs: requirePositive("connectTimeoutMs", connectTimeoutMs),
      idleTransactionMs: leaseMs,
    },
    fidPartitions: requirePartitions(options.fidPartitions),
    onChanges: options.onChanges,
    leaseMs,
  };
}
