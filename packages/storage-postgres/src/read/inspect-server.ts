// What a server is, before a mirror is made in it: nothing is changed.
import type { Client } from "pg";
import { createConnections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import type { PostgresStoreOptions } from "../connection/postgres-store-options.ts";
import { resolvePostgresStoreOptions } from "../connection/postgres-store-options.ts";

/** What a mirror needs to know of a server, and of what its user may do there. */
export interface ServerFacts {
  /** As PostgreSQL writes it, such as `18.4`. */
  readonly version: string;
  /** The same as a number: 180004. */
  readonly versionNumber: number;
  /** Whether it takes no writes, as a standby. */
  readonly isReadOnly: boolean;
  /** Whether the user may create relations in the schema, or the schema where there is none. */
  readonly canCreate: boolean;
  /** Migration that the schema is at; 0 where there is no mirror. */
  readonly schemaVersion: number;
  /** Connections that the server still has for users like this one. */
  readonly freeConnections: number;
  /** Size of the database, in bytes. */
  readonly sizeBytes: bigint;
  /** Folder of the server's data; undefined for a user who may not know. */
  readonly dataFolder: string | undefined;
}

/**
 * Whose sessions there are, and in which database, is shown to everybody; of what kind they are only to the
 * same user and to monitors (pg_read_all_stats). What the server does for itself lacks one or the other.
 */
const IS_CLIENT =
  "coalesce(backend_type = 'client backend', usesysid is not null and datid is not null)";

const FACTS = `
select current_setting('server_version') as version,
  current_setting('server_version_num')::int as version_number,
  pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as is_read_only,
  case when exists (select from pg_namespace where nspname = $1)
    then has_schema_privilege($1, 'create')
    else has_database_privilege(current_database(), 'create') end as can_create,
  current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - (select count(*)::int from pg_stat_activity where ${IS_CLIENT}) + 1
    as free_connections,
  pg_database_size(current_database()) as size_bytes,
  (select setting from pg_settings where name = 'data_directory') as data_folder,
  to_regclass(format('%I.schema_migrations', $1::text)) is not null as is_migrated`;

async function readFacts(client: Client, schema: string): Promise<ServerFacts> {
  const [facts] = (await client.query(FACTS, [schema])).rows;
  let schemaVersion = 0;
  if (facts.is_migrated) {
    const { rows } = await client.query("select max(id) as version from schema_migrations");
    schemaVersion = Number(rows[0]?.version ?? 0);
  }
  return {
    version: facts.version,
    versionNumber: facts.version_number,
    isReadOnly: facts.is_read_only,
    canCreate: facts.can_create,
    schemaVersion,
    freeConnections: facts.free_connections,
    sizeBytes: BigInt(facts.size_bytes),
    dataFolder: facts.data_folder ?? undefined,
  };
}

/**
 * Looks at a server over one connection, and changes nothing.
 *
 * @throws {StorageError} such as `connection` or `unauthorized`
 * @throws {TypeError} for options that no database could honour
 */
export async function inspectServer(
  options: Pick<
    PostgresStoreOptions,
    "connectionString" | "schema" | "connectTimeoutMs" | "statementTimeoutMs" | "applicationName"
  >,
): Promise<ServerFacts> {
  const { connections: resolved } = resolvePostgresStoreOptions(options);
  const client = await createConnections(resolved).connect();
  try {
    return await readFacts(client, resolved.schema);
  } catch (error) {
    throw fromPostgresError(error);
  } finally {
    await client.end();
  }
}
