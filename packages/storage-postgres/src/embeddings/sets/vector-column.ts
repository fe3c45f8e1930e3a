// The column that holds vectors, and what its type means for statements.
import type { EmbeddingSet } from "@snaprag/embeddings";
import type { IndexDefinition } from "../../write/indexes.ts";
import type { Queryable } from "../extensions.ts";

/** How vectors are kept in this database. */
export interface VectorColumn {
  readonly type: EmbeddingSet["vectorType"];
  /** Schema of the type, quoted. */
  readonly schema: string;
  /** Whether an index can be asked for more when filters leave too few. */
  readonly hasIterativeScan: boolean;
}

/** Of the version of pgvector that has it. */
const ITERATIVE_SCAN_SINCE = [0, 8] as const;

/** Longest vectors that an index of pgvector takes. https://github.com/pgvector/pgvector#hnsw */
const MAX_INDEXED_DIMENSION: { readonly [Type in VectorColumn["type"]]: number } = {
  halfvec: 4000,
  vector: 2000,
  "real[]": 0,
};

const COLUMN = `
select t.typname as type, quote_ident(n.nspname) as schema,
  (select extversion from pg_extension where extname = 'vector') as version
from pg_attribute a
join pg_type t on t.oid = a.atttypid
join pg_namespace n on n.oid = t.typnamespace
where a.attrelid = 'cast_embeddings'::regclass and a.attname = 'embedding'`;

function toType(name: string): VectorColumn["type"] {
  return name === "halfvec" || name === "vector" ? name : "real[]";
}

function isSince(version: string, [major, minor]: typeof ITERATIVE_SCAN_SINCE): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Looks at the column: another process may have changed it since. */
export async function readVectorColumn(session: Queryable): Promise<VectorColumn> {
  const [row] = (await session.query(COLUMN)).rows;
  return {
    type: toType(row?.type),
    schema: row?.schema,
    hasIterativeScan: row?.version ? isSince(row.version, ITERATIVE_SCAN_SINCE) : false,
  };
}

/** A type of pgvector with its schema, which no search path need contain: `public.halfvec(384)`. */
export function vectorTypeOf({ type, schema }: VectorColumn, dimension: number): string {
  return `${schema}.${type}(${dimension})`;
}

/** Whether vectors of a set can be found by an index. */
export function isIndexable({ type }: VectorColumn, dimension: number): boolean {
  return dimension <= MAX_INDEXED_DIMENSION[type];
}

/** Name of a set's index. */
export function nearestIndexOf(setId: number): string {
  return `cast_embeddings_nearest_${setId}`;
}

/** The index that finds a set's nearest vectors: of one set, as vectors of one length only. */
export function nearestIndex(
  { setId, dimension }: Pick<EmbeddingSet, "setId" | "dimension">,
  column: VectorColumn,
): IndexDefinition {
  const key = `(embedding::${vectorTypeOf(column, dimension)})`;
  return [
    nearestIndexOf(setId),
    `cast_embeddings using hnsw (${key} ${column.schema}.${column.type}_cosine_ops) where set_id = ${setId}`,
  ];
}

/** A vector as text that every type of column takes by way of `real[]`. */
export function toVectorText(vector: Float32Array): string {
  return `{${vector.join()}}`;
}
