import type { NodeClientError } from "../errors/node-client-error.ts";
import type { ResolvedNodeClientOptions } from "../options/node-client-options.ts";
import { sleep } from "../transport/cancellation.ts";
import { backoffDelayMs } from "./backoff.ts";

/** Whose call is being repeated, and what may interrupt the waiting. */
export interface RetryScope {
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly method: string;
  readonly options: ResolvedNodeClientOptions;
  readonly signal: AbortSignal;
  /** How notable a failure is: one of many calls (debug), or a stream that was cut (warn). */
  readonly logLevel: "debug" | "warn";
}

/** Reports a failure, then waits as long as so many failures in a row call for. */
export async function pauseBeforeRetry(
  error: NodeClientError,
  failureCount: number,
  scope: RetryScope,
): Promise<void> {
  const { method, options, signal, logLevel } = scope;
  const delayMs = backoffDelayMs(failureCount, options.retry);
  options.logger?.[logLevel](
    { method, failureCount, delayMs, err: error },
    "call failed, retrying",
  );
  options.onRetry?.({ method, endpoint: options.endpoint.url, failureCount, delayMs, error });
  await sleep(delayMs, signal, options.clock);
}
