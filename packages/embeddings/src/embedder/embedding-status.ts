import type { EmbeddingSet } from "./embedding-store.ts";

/**
 * How far a set is.
 *
 * - `building`: not everything that was there before it is embedded; the set before it serves, if
 *   there is one.
 * - `serving`: complete, and searched.
 * - `retired`: another set serves in its place; its vectors are being dropped.
 */
export type EmbeddingSetState = "building" | "serving" | "retired";

/** What is to be told of a set of vectors. */
export interface EmbeddingSetStatus extends EmbeddingSet {
  readonly recipe: string;
  readonly state: EmbeddingSetState;
  /** Whether this is the set that is being kept up to date. */
  readonly isCurrent: boolean;
  /** Casts finished since the set was made, those without vectors and those done again included. */
  readonly castCount: bigint;
  /** Texts that the provider was sent; equal ones are sent once. */
  readonly textCount: bigint;
  /** Tokens that the provider counted. */
  readonly tokenCount: bigint;
  /** Casts whose text the provider refuses. */
  readonly refusedCount: bigint;
  /** Casts to be looked at: exactly those noted, and an estimate of those not yet reached. */
  readonly backlogCount: bigint;
  /** Casts finished in a second, over the last minute. */
  readonly castsPerSecond: number;
  /** Failures of calls, those included that a retry has mended. */
  readonly errorCount: bigint;
  /** The last of them. */
  readonly lastError: { readonly message: string; readonly at: Date } | undefined;
}
