/** A search for the longest distance at which something still holds. */
export interface FurthestSearch {
  /** Longest distance that there is. */
  readonly max: number;
  /** Where to begin: the nearer to the truth, the fewer questions. */
  readonly guess: number;
  /** The question. Holds at 0, and is taken to hold up to some distance and not beyond. */
  readonly holds: (distance: number) => boolean;
  /** Whether the answer is known well enough: it is at least `low`, and less than `high`. */
  readonly isEnough: (low: number, high: number) => boolean;
}

/**
 * The longest distance at which something was seen to hold, 0 when none was.
 *
 * Where the answers are not as they are taken to be, it is still one of those that hold. Asks a number of
 * questions that grows with the logarithm of how wrong the guess was.
 */
export function findFurthest({ max, guess, holds, isEnough }: FurthestSearch): number {
  let low = 0;
  let high = max + 1;
  let stride = Math.max(1, guess >> 2);
  let probe = Math.min(max, Math.max(1, guess));
  while (high - low > 1 && !isEnough(low, high)) {
    if (holds(probe)) low = probe;
    else high = probe;
    if (high > max) {
      probe = Math.min(max, low + stride);
      stride *= 2;
    } else {
      probe = (low + high) >> 1;
    }
  }
  return low;
}
