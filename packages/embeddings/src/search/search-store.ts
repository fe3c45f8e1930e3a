// What search needs of whoever keeps casts and vectors.
import type { EmbeddingSet } from "../embedder/embedding-store.ts";

/** Which casts are searched. All of what is given must hold; what is left out holds of any. */
export interface CastFilter {
  /** Author. */
  readonly fid?: bigint | undefined;
  /** Parent URL of a channel. */
  readonly channel?: string | undefined;
  /** Earliest time of the cast, inclusive. */
  readonly since?: Date | undefined;
}

/** Names a cast. */
export interface CastKey {
  readonly fid: bigint;
  /** 20 bytes. */
  readonly hash: Uint8Array;
}

/** A cast as search found it. */
export interface ScoredCast extends CastKey {
  /** By words: the rank that the database gives it. By vector: the cosine similarity, -1 to 1. */
  readonly score: number;
}

/** A live cast, for reading. */
export interface FoundCast extends CastKey {
  readonly text: string;
  readonly timestamp: Date;
  /** The author's current name; null when there is none. */
  readonly username: string | null;
  /** The channel it was cast in; null outside of any. */
  readonly parentUrl: string | null;
}

/** Finds casts. What was removed is never found. */
export interface CastSearchStore {
  /** The set that serves: the complete one, or one that is being made while there is no other. */
  findServingSet(): Promise<EmbeddingSet | undefined>;
  /**
   * Live casts nearest to a vector, nearest first, each once. Filters come before the cut: as many
   * as `limit` are found when there are as many.
   */
  searchByVector(query: {
    readonly set: EmbeddingSet;
    readonly vector: Float32Array;
    readonly filter: CastFilter;
    readonly limit: number;
  }): Promise<readonly ScoredCast[]>;
  /** Live casts with all of the words, best first; those that have similar ones where that is indexed. */
  searchByWords(query: {
    readonly text: string;
    readonly filter: CastFilter;
    readonly limit: number;
  }): Promise<readonly ScoredCast[]>;
  /** Casts for reading, in the order of their keys; those that are gone meanwhile are left out. */
  readCasts(keys: readonly CastKey[]): Promise<readonly FoundCast[]>;
  /** Closes its connections. Twice is as good as once. */
  close(): Promise<void>;
}
