// @snaprag/storage-postgres/embeddings: vectors of casts in PostgreSQL, and search over them.
export type {
  PostgresEmbeddingStore,
  PostgresEmbeddingStoreOptions,
} from "./create-embedding-store.ts";
export { createEmbeddingStore } from "./create-embedding-store.ts";
export type { TextIndexChoice } from "./search/text-indexes.ts";
