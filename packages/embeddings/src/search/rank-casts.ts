import type { ResolvedCastQuery } from "./cast-query.ts";
import { fuseRanks } from "./fuse-ranks.ts";
import type { QueryVector } from "./query-vector.ts";
import type { CastKey, CastSearchStore, ScoredCast } from "./search-store.ts";

/** Why a cast stands where it does. */
export interface CastRank {
  /**
   * Higher is better, and only to be compared with others of the same search: the cosine similarity
   * by vector, the database's rank by words, and the fused rank by both.
   */
  readonly score: number;
  /** Place in the ranking by vector, from 1; undefined where it is not in it. */
  readonly vectorRank: number | undefined;
  /** Cosine similarity to the query, -1 to 1; undefined outside of the ranking by vector. */
  readonly similarity: number | undefined;
  /** Place in the ranking by words, from 1; undefined where it is not in it. */
  readonly wordsRank: number | undefined;
}

/** A cast in its place. */
interface RankedCast extends CastRank, CastKey {
  /** Names the cast. */
  readonly key: string;
}

/** Casts in the order that they are to be told in. */
export interface Ranking {
  readonly casts: readonly RankedCast[];
  /** Whether there is nothing beyond them. */
  readonly isWhole: boolean;
}

/** How a ranking is made, whatever its length. */
export interface RankOptions {
  readonly store: CastSearchStore;
  readonly query: ResolvedCastQuery;
  /** The query's vector; asked for in modes that have one. */
  readonly embed: () => Promise<QueryVector>;
}

/** Names a cast, for maps. */
export function castKeyOf({ fid, hash }: CastKey): string {
  return `${fid}/${Buffer.from(hash).toString("hex")}`;
}

interface Leg {
  readonly keys: readonly string[];
  readonly places: ReadonlyMap<string, { readonly rank: number; readonly cast: ScoredCast }>;
}

function toLeg(casts: readonly ScoredCast[]): Leg {
  const keys = casts.map(castKeyOf);
  const places = casts.map((cast, index) => [castKeyOf(cast), { rank: index + 1, cast }] as const);
  return { keys, places: new Map(places) };
}

async function searchByVector({ store, query, embed }: RankOptions, limit: number) {
  if (query.mode === "words") return [];
  const { set, vector } = await embed();
  query.signal?.throwIfAborted();
  return await store.searchByVector({ set, vector, filter: query.filter, limit });
}

async function searchByWords({ store, query }: RankOptions, limit: number) {
  if (query.mode === "vector") return [];
  return await store.searchByWords({ text: query.text, filter: query.filter, limit });
}

/** The best casts, of as many as `candidateCount` found in each way that is asked for. */
export async function rankCasts(options: RankOptions, candidateCount: number): Promise<Ranking> {
  const { mode } = options.query;
  const found = await Promise.all([
    searchByVector(options, candidateCount),
    searchByWords(options, candidateCount),
  ]);
  const [byVector, byWords] = [toLeg(found[0]), toLeg(found[1])];
  const fused = fuseRanks([byVector.keys, byWords.keys]);
  const casts = fused.flatMap(({ key, score }): RankedCast[] => {
    const vectorPlace = byVector.places.get(key);
    const wordsPlace = byWords.places.get(key);
    const cast = vectorPlace?.cast ?? wordsPlace?.cast;
    if (!cast) return [];
    return [
      {
        key,
        fid: cast.fid,
        hash: cast.hash,
        score: mode === "hybrid" ? score : cast.score,
        vectorRank: vectorPlace?.rank,
        similarity: vectorPlace?.cast.score,
        wordsRank: wordsPlace?.rank,
      },
    ];
  });
  return { casts, isWhole: found.every((leg) => leg.length < candidateCount) };
}
