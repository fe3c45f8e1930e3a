import type { EmbeddingSet } from "../embedder/embedding-store.ts";
import { EmbeddingError } from "../errors.ts";
import type { EmbeddingProvider } from "../provider.ts";
import { chunkText } from "../texts/chunk-text.ts";
import type { ResolvedCastQuery } from "./cast-query.ts";
import type { CastSearchStore } from "./search-store.ts";

/** A question as a model sees it, and what it can be compared with. */
export interface QueryVector {
  readonly set: EmbeddingSet;
  readonly vector: Float32Array;
}

/** Vectors of two models have nothing to do with each other, whatever their length. */
function requireSameModel(set: EmbeddingSet, provider: EmbeddingProvider): void {
  if (set.model !== provider.model) {
    throw new EmbeddingError(
      "other_model",
      `Casts are embedded by ${set.model}, and the query would be by ${provider.model}. Search with the model of the casts, or embed them with the other one`,
    );
  }
  if (set.dimension !== provider.dimension) {
    throw new EmbeddingError(
      "wrong_dimension",
      `The vectors of the casts have ${set.dimension} numbers, and those of the provider ${provider.dimension}. Both are said to be of ${set.model}`,
    );
  }
}

/**
 * Embeds a query for the set that serves.
 *
 * @throws {EmbeddingError} `nothing_embedded` when none does, `other_model` or `wrong_dimension` when
 * it is not the provider's, and whatever the provider throws
 */
export async function embedQuery(
  store: CastSearchStore,
  provider: EmbeddingProvider,
  { text, signal }: ResolvedCastQuery,
): Promise<QueryVector> {
  const set = await store.findServingSet();
  if (!set) {
    throw new EmbeddingError(
      "nothing_embedded",
      "There are no vectors to search. Run the embedder first, or search with --mode words, which needs none",
    );
  }
  requireSameModel(set, provider);
  const countTokens = (piece: string) => provider.countTokens(piece);
  const [first] = chunkText(text, { maxTokens: provider.maxTokens, overlapTokens: 0, countTokens });
  const answer = await provider.embed([first?.text ?? text], { role: "query", signal });
  const [vector] = answer.vectors;
  if (vector === undefined || answer.vectors.length !== 1) {
    throw new EmbeddingError(
      "malformed_answer",
      `${provider.model} gave ${answer.vectors.length} vectors for one query`,
    );
  }
  if (vector.length !== set.dimension) {
    throw new EmbeddingError(
      "wrong_dimension",
      `${provider.model} gave a vector of ${vector.length} numbers in place of ${set.dimension}`,
    );
  }
  return { set, vector };
}
