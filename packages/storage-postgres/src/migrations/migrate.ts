import { StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { expectSupportedServer } from "../connection/server-version.ts";
import { findFidPartitions } from "../tables/fid-partitions.ts";
import { deferKeys } from "../write/loading/keys.ts";
import { deferVacuum } from "../write/loading/vacuum-settings.ts";
import { messagesSql } from "./0001-messages.ts";
import { PROGRESS_SQL } from "./0002-progress.ts";
import { TIMELINES_SQL } from "./0004-timelines.ts";
import { PROOF_SQL } from "./0005-proof.ts";
import { MEMBERS_SQL } from "./0006-members.ts";
import { EMBEDDINGS_SQL } from "./0007-embeddings.ts";
import { CURRENT_STATE_SQL } from "./current-state/0003-current-state.ts";

interface Migration {
  readonly name: string;
  /** By the number of partitions of large relations; undefined where those are whole. */
  readonly sql: string | ((fidPartitions: number | undefined) => string);
}

/** In order, forward only; the id of a migration is its place. Never change one that is released. */
const MIGRATIONS: readonly Migration[] = [
  { name: "messages", sql: messagesSql },
  { name: "progress", sql: PROGRESS_SQL },
  { name: "current state", sql: CURRENT_STATE_SQL },
  { name: "timelines", sql: TIMELINES_SQL },
  { name: "proof", sql: PROOF_SQL },
  { name: "members", sql: MEMBERS_SQL },
  { name: "embeddings", sql: EMBEDDINGS_SQL },
];

/** Migration id that this version of the software brings a database to. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** Two processes that start together migrate one after the other. */
const MIGRATION_LOCK = "select pg_advisory_xact_lock(hashtext('snaprag migrate'), hashtext($1))";

/**
 * Creates the schema where it is missing. Looked for first: `if not exists` asks for the right to
 * create schemas also where there is nothing to create, and a role may have none but its own.
 */
async function ensureSchema(client: PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query("select from pg_namespace where nspname = $1", [schema]);
  if (rows.length === 0) await client.query(`create schema if not exists "${schema}"`);
}

async function readVersion(client: PoolClient): Promise<number> {
  await client.query(
    "create table if not exists schema_migrations (id int primary key, name text not null, applied_at timestamptz not null default now())",
  );
  const { rows } = await client.query(
    "select coalesce(max(id), 0) as version from schema_migrations",
  );
  return Number(rows[0]?.version);
}

/** What may pass, such as a lost connection, keeps its code. */
function migrationFailed(id: number, name: string, cause: unknown): StorageError {
  const { code, retryable, sqlState } = fromPostgresError(cause);
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Migration ${id} (${name}) failed and was rolled back: ${why}`;
  return new StorageError(retryable ? code : "migration", message, { cause, sqlState });
}

/** Applies every migration after a version. */
async function applyMigrations(
  client: PoolClient,
  version: number,
  fidPartitions: number | undefined,
): Promise<void> {
  for (const [index, { name, sql }] of MIGRATIONS.entries()) {
    if (index < version) continue;
    const id = index + 1;
    const text = typeof sql === "string" ? sql : sql(fidPartitions);
    await client.query(text).catch((cause: unknown) => {
      throw migrationFailed(id, name, cause);
    });
    await client.query("insert into schema_migrations (id, name) values ($1, $2)", [id, name]);
  }
}

function describeLayout(fidPartitions: number | undefined): string {
  return fidPartitions === undefined ? "none" : `${fidPartitions} of each large table`;
}

/** What the tables are made with, or were when they are there; never other than what is wanted. */
async function settleFidPartitions(
  client: PoolClient,
  version: number,
  wanted: number | undefined,
): Promise<number | undefined> {
  if (version === 0) return wanted;
  const actual = await findFidPartitions(client);
  if (wanted === undefined || wanted === actual) return actual;
  throw new StorageError(
    "layout_mismatch",
    `The database was created with other partitions by fid (${describeLayout(actual)}) than the configuration asks for (${describeLayout(wanted)}). Leave the number out, or use another schema`,
  );
}

/**
 * Brings the database to {@link SCHEMA_VERSION}, each migration in the one transaction that holds
 * them all, under an advisory lock. The number of partitions counts where there is nothing yet; what
 * is made then is ready for a first load, which ends with `finishLoading`.
 *
 * @throws {StorageError} `unsupported_server` of a server that is too old, `newer_schema` when a newer
 * version has migrated it, `layout_mismatch` when it was created with another number of partitions,
 * `migration` when a migration fails
 */
export async function migrate(
  { transact, schema, backend }: Connections,
  wanted: number | undefined,
): Promise<void> {
  await transact(async (client) => {
    await expectSupportedServer(client);
    await client.query(MIGRATION_LOCK, [schema]);
    await ensureSchema(client, schema);
    const version = await readVersion(client);
    if (version > SCHEMA_VERSION) {
      throw new StorageError(
        "newer_schema",
        `The database is at schema version ${version}, this version of snaprag knows up to ${SCHEMA_VERSION}. Upgrade snaprag, or use another schema`,
      );
    }
    const fidPartitions = await settleFidPartitions(client, version, wanted);
    await applyMigrations(client, version, fidPartitions);
    if (version > 0) return;
    await deferVacuum(client);
    if (backend === "server") await deferKeys(client);
  });
}
