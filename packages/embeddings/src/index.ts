/**
 * Embeds casts and searches them.
 *
 * @module @snaprag/embeddings
 */

export type { Clock } from "./clock.ts";
export type { Embedder, EmbedderOutcome, EmbedderRunOptions } from "./embedder/create-embedder.ts";
export { createEmbedder } from "./embedder/create-embedder.ts";
export type { EmbeddingSetState, EmbeddingSetStatus } from "./embedder/embedding-status.ts";
export type {
  CastContent,
  CastContext,
  CastSelection,
  ClaimedCast,
  ClaimRequest,
  EmbeddedPart,
  EmbeddingCosts,
  EmbeddingPlan,
  EmbeddingSet,
  EmbeddingStore,
  FinishedCast,
  FinishedClaim,
  LeaseId,
  Mention,
  VectorStorage,
} from "./embedder/embedding-store.ts";
export type { EmbedderOptions, Logger } from "./embedder/options.ts";
export type { EmbedderProgress, EmbedderState } from "./embedder/progress.ts";
export type { EndReason } from "./embedder/run/work.ts";
export type { EmbeddingErrorCode, EmbeddingErrorContext } from "./errors.ts";
export { EmbeddingError } from "./errors.ts";
export type { EmbeddedTexts, EmbeddingProvider, EmbedOptions, TextRole } from "./provider.ts";
export type { HttpProviderOptions } from "./providers/http/http-provider-options.ts";
export { openHttpProvider } from "./providers/http/open-http-provider.ts";
export type {
  LocalProviderOptions,
  ModelDtype,
  Pooling,
} from "./providers/local/local-provider-options.ts";
export { openLocalProvider } from "./providers/local/open-local-provider.ts";
export type { CastQuery, SearchMode } from "./search/cast-query.ts";
export type { CastSearch, CastSearchOptions, SearchHit } from "./search/create-cast-search.ts";
export { createCastSearch } from "./search/create-cast-search.ts";
export type { FusedRank } from "./search/fuse-ranks.ts";
export { fuseRanks } from "./search/fuse-ranks.ts";
export type { CastRank } from "./search/rank-casts.ts";
export type {
  CastFilter,
  CastKey,
  CastSearchStore,
  FoundCast,
  ScoredCast,
} from "./search/search-store.ts";
export type { ChunkOptions, TextChunk } from "./texts/chunk-text.ts";
export { chunkText } from "./texts/chunk-text.ts";
export { composeText } from "./texts/compose-text.ts";
export { contentHash } from "./texts/content-hash.ts";
export { restoreMentions } from "./texts/restore-mentions.ts";
