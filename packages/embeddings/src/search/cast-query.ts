import type { CastFilter } from "./search-store.ts";

/**
 * How casts are found.
 *
 * - `vector`: by what they mean.
 * - `words`: by the words they have; needs neither provider nor vectors.
 * - `hybrid`: by both, and one ranking made of the two.
 */
export type SearchMode = "vector" | "words" | "hybrid";

/** What to search for. */
export interface CastQuery {
  /** A question, a phrase or words. What is longer than the model reads is cut. */
  readonly text: string;
  /** @default "hybrid" */
  readonly mode?: SearchMode | undefined;
  /**
   * Which casts are searched.
   *
   * @default all of them
   */
  readonly filter?: CastFilter | undefined;
  /**
   * Most hits, 1 to 1000.
   *
   * @default 10
   */
  readonly limit?: number | undefined;
  /** Ends the search, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link CastQuery} with every default applied. */
export interface ResolvedCastQuery {
  readonly text: string;
  readonly mode: SearchMode;
  readonly filter: CastFilter;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

const MAX_LIMIT = 1000;
const MODES: readonly string[] = ["vector", "words", "hybrid"] satisfies SearchMode[];

/** Applies defaults and rejects what cannot be searched for. */
export function resolveCastQuery(query: CastQuery): ResolvedCastQuery {
  const { mode = "hybrid", filter = {}, limit = 10, signal } = query;
  const text = query.text.trim();
  if (text === "") throw new TypeError("Expected `text` to be something to search for, got none");
  if (!MODES.includes(mode)) {
    throw new TypeError(`Expected \`mode\` to be vector, words or hybrid, got ${mode}`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new TypeError(`Expected \`limit\` to be 1 to ${MAX_LIMIT}, got ${limit}`);
  }
  return { text, mode, filter, limit, signal };
}
