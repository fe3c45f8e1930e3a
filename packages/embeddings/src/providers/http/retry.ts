import type { Clock } from "../../clock.ts";
import { sleep, systemClock } from "../../clock.ts";
import type { EmbeddingError } from "../../errors.ts";
import type { ResolvedHttpProviderOptions } from "./http-provider-options.ts";

/** A try that failed. */
export interface Failure {
  readonly error: EmbeddingError;
  /** Whether another try may do better. */
  readonly mayPass: boolean;
}

/** What a try came to. */
export type Outcome<Result> = { readonly result: Result } | { readonly failure: Failure };

/** The clock is the system's, unless there is another. */
type RetryPolicy = Pick<ResolvedHttpProviderOptions, "retryMs" | "retryDelayMs" | "onRetry"> & {
  readonly clock?: Clock | undefined;
};

/** The doubling stops here. */
const MAX_DELAY_MS = 30_000;

/** The wait after that many failures in a row: full jitter, so anything from 0 to the ceiling. */
export function backoffDelayMs(
  failureCount: number,
  baseDelayMs: number,
  random: () => number = Math.random,
): number {
  return random() * Math.min(MAX_DELAY_MS, baseDelayMs * 2 ** (failureCount - 1));
}

/** Repeats a try while it fails in a way that may pass, and there is time for the wait. */
export async function retry<Result>(
  attempt: () => Promise<Outcome<Result>>,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<Result> {
  const { clock = systemClock } = policy;
  let firstFailureAt: number | undefined;
  for (let failureCount = 1; ; failureCount++) {
    signal?.throwIfAborted();
    const outcome = await attempt();
    if ("result" in outcome) return outcome.result;
    const { error, mayPass } = outcome.failure;
    firstFailureAt ??= clock.elapsed();
    const leftMs = firstFailureAt + policy.retryMs - clock.elapsed();
    const askedMs = error.retryAfterMs ?? 0;
    if (!mayPass || leftMs <= 0 || askedMs > leftMs) throw error;
    // The last try is worth making a little early.
    const delayMs = Math.min(leftMs, backoffDelayMs(failureCount, policy.retryDelayMs));
    const waitMs = Math.max(askedMs, delayMs);
    policy.onRetry?.(error, waitMs);
    await sleep(waitMs, signal, clock);
  }
}
