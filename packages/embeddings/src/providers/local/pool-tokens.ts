import type { Pooling } from "./local-provider-options.ts";

/** The vectors of all tokens of a batch, text by text, padded to equal lengths. */
export interface TokenVectors {
  readonly data: Float32Array;
  /** Tokens of each text, padding included. */
  readonly paddedCount: number;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Where the padding of shorter texts is. */
  readonly paddingSide: "left" | "right";
}

/**
 * Makes one vector of unit length for each text, from the vectors of its tokens.
 *
 * Not left to the package, which takes padding for the last token of every text but the longest.
 */
export function poolTokens(
  tokens: TokenVectors,
  tokenCounts: readonly number[],
  pooling: Pooling,
): readonly Float32Array[] {
  const { data, paddedCount, dimension, paddingSide } = tokens;
  return tokenCounts.map((tokenCount, text) => {
    const padding = paddingSide === "left" ? paddedCount - tokenCount : 0;
    const start = (text * paddedCount + padding) * dimension;
    const own = data.subarray(start, start + tokenCount * dimension);
    return normalize(POOL[pooling](own, dimension));
  });
}

type Pool = (own: Float32Array, dimension: number) => Float64Array;

const POOL: Readonly<Record<Pooling, Pool>> = {
  // The sum points where the mean does, and its length does not matter.
  mean: sum,
  cls: (own, dimension) => Float64Array.from(own.subarray(0, dimension)),
  last_token: (own, dimension) => Float64Array.from(own.subarray(-dimension)),
};

function sum(own: Float32Array, dimension: number): Float64Array {
  const total = new Float64Array(dimension);
  for (let start = 0; start < own.length; start += dimension) {
    for (const [place, value] of own.subarray(start, start + dimension).entries()) {
      total[place] = (total[place] ?? 0) + value;
    }
  }
  return total;
}

function normalize(vector: Float64Array): Float32Array {
  const length = Math.hypot(...vector);
  // A vector of zeros has no direction, and stays as it is.
  return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length));
}
