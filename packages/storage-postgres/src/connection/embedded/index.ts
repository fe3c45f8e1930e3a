// @snaprag/storage-postgres/embedded: a database without a server, for a first run and for tests.
export type { EmbeddedDatabase, EmbeddedDatabaseOptions } from "./open-embedded-database.ts";
export { openEmbeddedDatabase } from "./open-embedded-database.ts";
