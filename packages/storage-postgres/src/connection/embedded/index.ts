/**
 * A database without a server, for a first run and for tests.
 *
 * @module @snaprag/storage-postgres/embedded
 */

export type { EmbeddedDatabase, EmbeddedDatabaseOptions } from "./open-embedded-database.ts";
export { openEmbeddedDatabase } from "./open-embedded-database.ts";
