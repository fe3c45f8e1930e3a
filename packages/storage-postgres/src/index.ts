/**
 * The PostgreSQL store of a mirror.
 *
 * @module @snaprag/storage-postgres
 */

export type { Backend } from "./connection/connections.ts";
export type { ChangeHandler, PostgresStoreOptions } from "./connection/postgres-store-options.ts";
export { isSupportedServer, OLDEST_SERVER_VERSION } from "./connection/server-version.ts";
export { createPostgresStore } from "./create-postgres-store.ts";
export type { SnapragDatabase } from "./gen/database.ts";
export { SCHEMA_VERSION } from "./migrations/migrate.ts";
export type { ServerFacts } from "./read/inspect-server.ts";
export { inspectServer } from "./read/inspect-server.ts";
