import type { ResolvedRetryOptions } from "../options/node-client-options.ts";

/** A stream that delivered for this long was a success; what ends it is a new failure. */
const STABLE_AFTER_MS = 10_000;

/** Failures in a row after one more, where the failed attempt had delivered for `stableMs`. */
export function countFailure(failureCount: number, stableMs: number): number {
  return stableMs >= STABLE_AFTER_MS ? 1 : failureCount + 1;
}

/** The wait after that many failures in a row: full jitter, so anything from 0 to the ceiling. */
export function backoffDelayMs(
  failureCount: number,
  { baseDelayMs, maxDelayMs }: ResolvedRetryOptions,
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (failureCount - 1));
}
