// The few statistics that the benchmark makes.

/** The middle one, or the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return (lower + upper) / 2;
}

/** The smallest value that a share of all values does not exceed; no value is made up in between. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Rounded to so many digits after the point. */
export const round = (value, digits = 2) => Number(value.toFixed(digits));

/** Median of what a function reads from each of several results. */
export const medianOf = (results, read) => median(results.map(read));

/**
 * Median of the ratios of two programs' throughputs, run by run: the two of a run were measured one
 * right after the other, so that a slow minute of the machine does not count for one of them alone.
 */
export function ratioOf(results, other) {
  return round(
    median(results.map((result, run) => result.messagesPerSecond / other[run].messagesPerSecond)),
    3,
  );
}
