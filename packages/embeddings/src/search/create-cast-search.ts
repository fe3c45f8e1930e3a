import type { EmbeddingProvider } from "../provider.ts";
import type { CastQuery, ResolvedCastQuery } from "./cast-query.ts";
import { resolveCastQuery } from "./cast-query.ts";
import type { QueryVector } from "./query-vector.ts";
import { embedQuery } from "./query-vector.ts";
import type { CastRank, Ranking } from "./rank-casts.ts";
import { castKeyOf, rankCasts } from "./rank-casts.ts";
import type { CastSearchStore, FoundCast } from "./search-store.ts";

/** A cast that was found, and why. */
export interface SearchHit extends FoundCast, CastRank {}

/** Options of {@link createCastSearch}. */
export interface CastSearchOptions {
  /** What is searched. The search does not close it. */
  readonly store: CastSearchStore;
  /** The provider that the casts are embedded by; not needed by words. The search does not close it. */
  readonly provider?: EmbeddingProvider | undefined;
}

/** Finds casts. */
export interface CastSearch {
  /**
   * The casts that fit best, best first; as many as the limit when there are as many. Of equal ones,
   * the order is always the same.
   *
   * @throws {EmbeddingError} `nothing_embedded`, `other_model`, `wrong_dimension`, or what the provider
   * throws; none of them by words
   * @throws {TypeError} when the query is none, or its mode needs a provider and there is none
   */
  search(query: CastQuery): Promise<readonly SearchHit[]>;
}

/** What is best in both rankings may stand far down in each of them. */
const CANDIDATES_PER_HIT = 4;
const MIN_CANDIDATES = 50;

function candidateCountOf({ mode, limit }: ResolvedCastQuery): number {
  return mode === "hybrid" ? Math.max(limit * CANDIDATES_PER_HIT, MIN_CANDIDATES) : limit;
}

/** The casts of a ranking that are still there, up to the limit. */
async function readHits(
  store: CastSearchStore,
  ranking: Ranking,
  { limit, signal }: ResolvedCastQuery,
): Promise<readonly SearchHit[]> {
  const hits: SearchHit[] = [];
  let from = 0;
  while (hits.length < limit && from < ranking.casts.length) {
    signal?.throwIfAborted();
    const next = ranking.casts.slice(from, from + limit - hits.length);
    from += next.length;
    const found = await store.readCasts(next.map(({ fid, hash }) => ({ fid, hash })));
    const foundByKey = new Map(found.map((cast) => [castKeyOf(cast), cast]));
    for (const { key, ...rank } of next) {
      const cast = foundByKey.get(key);
      if (cast) hits.push({ ...cast, ...rank });
    }
  }
  return hits;
}

/** Creates a search. Inert: nothing is read or sent before {@link CastSearch.search}. */
export function createCastSearch({ store, provider }: CastSearchOptions): CastSearch {
  return {
    async search(castQuery) {
      const query = resolveCastQuery(castQuery);
      query.signal?.throwIfAborted();
      if (!provider && query.mode !== "words") {
        throw new TypeError(`Expected a \`provider\` for a search by ${query.mode}, got none`);
      }
      let vector: Promise<QueryVector> | undefined;
      const embed = async () => {
        if (!provider) throw new TypeError("Expected a `provider`, got none");
        vector ??= embedQuery(store, provider, query);
        return await vector;
      };
      // Casts may go between ranking and reading: more are ranked then, until there are enough.
      let candidateCount = candidateCountOf(query);
      while (true) {
        const ranking = await rankCasts({ store, query, embed }, candidateCount);
        const hits = await readHits(store, ranking, query);
        if (hits.length === query.limit || ranking.isWhole) return hits;
        candidateCount *= 2;
      }
    },
  };
}
