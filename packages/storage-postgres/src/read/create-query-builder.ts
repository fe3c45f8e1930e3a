/**
 * A typed query builder over a mirror, for whoever has kysely.
 *
 * @module @snaprag/storage-postgres/query-builder
 */

import { Kysely, PostgresDialect } from "kysely";
import type { Pool } from "pg";
import pg from "pg";
import { int8AsBigint } from "../connection/int8-as-bigint.ts";
import type { SnapragDatabase } from "../gen/database.ts";

/** Options of {@link createQueryBuilder}. */
export interface QueryBuilderOptions {
  /** Such as `postgres://reader:secret@host:5432/farcaster`. */
  readonly connectionString: string;
  /** The schema that holds the mirror. @default "public" */
  readonly schema?: string | undefined;
  /** @default 4 */
  readonly maxConnections?: number | undefined;
}

function createPool({ connectionString, maxConnections = 4 }: QueryBuilderOptions): Pool {
  const pool = new pg.Pool({ connectionString, max: maxConnections, types: int8AsBigint });
  // A connection that breaks is replaced by the next query, which reports what is wrong.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/**
 * Creates a typed query builder over a mirror: kysely, with every relation and view.
 *
 * For reading: rows that are written past the store are not Farcaster's. `destroy()` ends its
 * connections.
 *
 * @example
 * const db = createQueryBuilder({ connectionString });
 * const casts = await db
 *   .selectFrom("casts")
 *   .select(["text", "timestamp"])
 *   .where("fid", "=", 3n)
 *   .where("deleted_at", "is", null)
 *   .execute();
 */
export function createQueryBuilder(options: QueryBuilderOptions): Kysely<SnapragDatabase> {
  const dialect = new PostgresDialect({ pool: createPool(options) });
  const queries = new Kysely<SnapragDatabase>({ dialect });
  return options.schema === undefined ? queries : queries.withSchema(options.schema);
}
