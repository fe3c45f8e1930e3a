import { isRetryable, NodeClientError } from "../errors/node-client-error.ts";
import { countFailure } from "./backoff.ts";
import type { RetryScope } from "./pause-before-retry.ts";
import { pauseBeforeRetry } from "./pause-before-retry.ts";

/** One run of a stream that may be cut. */
interface StreamRun<Item> {
  readonly items: AsyncIterable<Item> | Iterable<Item>;
  /** Releases what the run holds besides its call. */
  close?(): void;
}

/** A stream that can be opened again where it was cut. */
export interface ResumableStream<Item> {
  /** Opens the stream just after what `onItem` has seen, or a little before. */
  open(): StreamRun<Item>;
  /** Sees every item before the consumer does; what it throws ends the stream. */
  onItem(item: Item): void;
  /** Whether the node ends the stream when it is complete. If not, an end is a failure. */
  readonly endsWhenComplete: boolean;
  /** Failures in a row after which to give up. */
  readonly maxFailures: number;
}

/**
 * Yields the items of a stream and opens it again, after a pause, each time it is cut.
 *
 * The count of failures starts over once a run has delivered for a while.
 */
export async function* resumeStream<Item>(
  stream: ResumableStream<Item>,
  scope: RetryScope,
): AsyncGenerator<Item, void, undefined> {
  const { clock } = scope.options;
  let failureCount = 0;
  for (;;) {
    let firstItemAt: number | undefined;
    let failure: NodeClientError;
    const run = stream.open();
    try {
      for await (const item of run.items) {
        firstItemAt ??= clock.elapsed();
        stream.onItem(item);
        yield item;
      }
      if (stream.endsWhenComplete) return;
      failure = new NodeClientError("unavailable", "the node ended the stream", {
        method: scope.method,
        endpoint: scope.options.endpoint.url,
      });
    } catch (error) {
      if (!isRetryable(error)) throw error;
      failure = error;
    } finally {
      run.close?.();
    }
    const stableMs = firstItemAt === undefined ? 0 : clock.elapsed() - firstItemAt;
    failureCount = countFailure(failureCount, stableMs);
    if (failureCount >= stream.maxFailures) throw failure;
    await pauseBeforeRetry(failure, failureCount, scope);
  }
}
