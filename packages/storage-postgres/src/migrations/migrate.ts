import { StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";
import type { Connections } from "../connection/connections.ts";
import { MESSAGES_SQL } from "./0001-messages.ts";
import { PROGRESS_SQL } from "./0002-progress.ts";
import { CURRENT_STATE_SQL } from "./0003-current-state.ts";
import { TIMELINES_SQL } from "./0004-timelines.ts";
import { PROOF_SQL } from "./0005-proof.ts";
import { MEMBERS_SQL } from "./0006-members.ts";

interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** In order, forward only; the id of a migration is its place. Never change one that is released. */
const MIGRATIONS: readonly Migration[] = [
  { name: "messages", sql: MESSAGES_SQL },
  { name: "progress", sql: PROGRESS_SQL },
  { name: "current state", sql: CURRENT_STATE_SQL },
  { name: "timelines", sql: TIMELINES_SQL },
  { name: "proof", sql: PROOF_SQL },
  { name: "members", sql: MEMBERS_SQL },
];

/** Migration id that this version of the software brings a database to. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** Two processes that start together migrate one after the other. */
const MIGRATION_LOCK = "select pg_advisory_xact_lock(hashtext('snaprag migrate'), hashtext($1))";

async function readVersion(client: PoolClient, schema: string): Promise<number> {
  await client.query(`create schema if not exists "${schema}"`);
  await client.query(
    "create table if not exists schema_migrations (id int primary key, name text not null, applied_at timestamptz not null default now())",
  );
  const { rows } = await client.query(
    "select coalesce(max(id), 0) as version from schema_migrations",
  );
  return Number(rows[0]?.version);
}

function migrationFailed(id: number, name: string, cause: unknown): StorageError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Migration ${id} (${name}) failed and was rolled back: ${why}`;
  return new StorageError("migration", message, { cause });
}

async function applyMigration(client: PoolClient, id: number, { name, sql }: Migration) {
  await client.query(sql).catch((cause: unknown) => {
    throw migrationFailed(id, name, cause);
  });
  await client.query("insert into schema_migrations (id, name) values ($1, $2)", [id, name]);
}

/**
 * Brings the database to {@link SCHEMA_VERSION}, each migration in the one transaction that holds
 * them all, under an advisory lock.
 *
 * @throws {StorageError} `newer_schema` when a newer version has migrated it, `migration` when one
 * fails
 */
export async function migrate({ transact, schema }: Connections): Promise<void> {
  await transact(async (client) => {
    await client.query(MIGRATION_LOCK, [schema]);
    const version = await readVersion(client, schema);
    if (version > SCHEMA_VERSION) {
      throw new StorageError(
        "newer_schema",
        `The database is at schema version ${version}, this version of snaprag knows up to ${SCHEMA_VERSION}. Upgrade snaprag, or use another schema`,
      );
    }
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index >= version) await applyMigration(client, index + 1, migration);
    }
  });
}
