/**
 * Vectors of casts in PostgreSQL, and search over them.
 *
 * @module @snaprag/storage-postgres/embeddings
 */

export type {
  PostgresEmbeddingStore,
  PostgresEmbeddingStoreOptions,
} from "./create-embedding-store.ts";
export { createEmbeddingStore } from "./create-embedding-store.ts";
export type { TextIndexChoice } from "./search/text-indexes.ts";
