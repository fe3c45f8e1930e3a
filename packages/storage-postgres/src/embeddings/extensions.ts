// PostgreSQL extensions: whether they are there, and making them so.
import type { EmbeddingErrorCode } from "@snaprag/embeddings";
import { EmbeddingError } from "@snaprag/embeddings";
import { StorageError } from "@snaprag/storage";
import pg from "pg";
import type { Connections } from "../connection/connections.ts";

/** An extension that is not there, and cannot be made so. */
const EXTENSION_MISSING: EmbeddingErrorCode = "extension_missing";

/** What runs statements: connections, or one of them. */
export type Queryable = Pick<Connections, "query">;

/** Why an extension cannot be used; undefined when it can. */
export type ExtensionObstacle = EmbeddingError | undefined;

/** The schema of an extension, quoted; undefined where it was not created. */
export async function findExtensionSchema(
  session: Queryable,
  name: string,
): Promise<string | undefined> {
  const { rows } = await session.query(
    `select quote_ident(n.nspname) as schema from pg_extension e
      join pg_namespace n on n.oid = e.extnamespace where e.extname = ${pg.escapeLiteral(name)}`,
  );
  return rows[0]?.schema;
}

/**
 * Creates an extension where it is available. In the schema `public` if there is one: a database has
 * it once, for every schema.
 */
export async function ensureExtension(
  connections: Connections,
  name: string,
): Promise<ExtensionObstacle> {
  if ((await findExtensionSchema(connections, name)) !== undefined) return undefined;
  const { rows } = await connections.query(
    `select to_regnamespace('public') is not null as has_public from pg_available_extensions
      where name = ${pg.escapeLiteral(name)}`,
  );
  if (rows[0] === undefined) {
    const message = `The database's server does not have the extension "${name}". Install it there`;
    return new EmbeddingError(EXTENSION_MISSING, message);
  }
  const schema = rows[0].has_public ? " schema public" : "";
  try {
    await connections.query(`create extension if not exists ${name}${schema}`);
  } catch (error) {
    // Two that start together create it one after the other, and the second is told so.
    if ((await findExtensionSchema(connections, name)) !== undefined) return undefined;
    if (!(error instanceof StorageError) || error.code !== "unauthorized") throw error;
    const message = `This user may not create the extension "${name}". Have a superuser run there: create extension ${name}`;
    return new EmbeddingError(EXTENSION_MISSING, message, { cause: error });
  }
  return undefined;
}
