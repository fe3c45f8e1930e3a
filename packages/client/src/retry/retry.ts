import { isRetryable } from "../errors/node-client-error.ts";
import type { RetryScope } from "./pause-before-retry.ts";
import { pauseBeforeRetry } from "./pause-before-retry.ts";

/** Repeats a call while it fails in a way that may pass, up to `retry.attempts` tries in all. */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  scope: RetryScope,
): Promise<Result> {
  for (let failureCount = 1; ; failureCount++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRetryable(error) || failureCount >= scope.options.retry.attempts) throw error;
      await pauseBeforeRetry(error, failureCount, scope);
    }
  }
}
