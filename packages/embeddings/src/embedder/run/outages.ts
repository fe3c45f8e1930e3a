// Going on after failures: which ones, how long to wait, and what is kept of them.
import { sleep } from "../../clock.ts";
import { EmbeddingError } from "../../errors.ts";
import type { ResolvedEmbedderOptions } from "../options.ts";
import type { EmbedderActivity, EmbedderState } from "../progress.ts";

const MAX_PAUSE_MS = 60_000;

/** How often each worker tries in a row before a run that is to end gives up. */
const MAX_ROUNDS = 5;

/** Where and how a run fails. */
export interface OutageOptions {
  readonly options: ResolvedEmbedderOptions;
  readonly activity: EmbedderActivity;
  readonly signal: AbortSignal;
  /** Whether to give up after some rounds. */
  readonly isUntilDone: boolean;
}

/** What failed. */
interface Failure {
  readonly error: unknown;
  /** Undefined for what goes on before there are workers. */
  readonly worker?: number | undefined;
}

/** Failures in a row, of all workers of a run. */
export interface Outages {
  /** Records a failure and waits; throws it when it is not one that passes, or has not for too long. */
  endure(failure: Failure): Promise<void>;
  /** Says that a step was taken: the outage is over if what had failed was part of it. */
  onStep(): void;
}

function isStorageError(error: unknown): error is Error & { readonly retryable: boolean } {
  // Stores are of other packages, whose classes are not to be had here.
  return error instanceof Error && error.name === "StorageError" && "retryable" in error;
}

function isRetryable(error: unknown): boolean {
  return (error instanceof EmbeddingError || isStorageError(error)) && error.retryable;
}

/** Records a failure where `status` finds it. The store may be what fails, so it is an attempt. */
async function record({ options, activity }: OutageOptions, error: unknown): Promise<void> {
  activity.errorCount += 1;
  if (activity.setId === undefined) return;
  const message = error instanceof Error ? error.message : String(error);
  try {
    await options.store.recordError(activity.setId, message);
  } catch (cause) {
    options.logger.debug({ err: cause }, "failure not recorded");
  }
}

function pauseOf(error: unknown, round: number, retryPauseMs: number): number {
  const limitMs = Math.min(MAX_PAUSE_MS, retryPauseMs * 2 ** (round - 1));
  const askedMs = error instanceof EmbeddingError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, limitMs * (0.5 + Math.random() / 2));
}

/** Keeps the outages of a run: each is told once when it begins and once when it is over. */
export function createOutages(outage: OutageOptions): Outages {
  const { options, activity, signal, isUntilDone } = outage;
  const { logger, concurrency, retryPauseMs } = options;
  let failureCount = 0;
  let isOfStore = false;
  let textCount = 0;

  function log(error: unknown): void {
    const fields = { setId: activity.setId, model: options.provider.model, err: error };
    if (failureCount === 1) logger.warn(fields, "failed, trying again");
    else logger.debug(fields, "failed again");
  }

  return {
    async endure({ error, worker }) {
      signal.throwIfAborted();
      await record(outage, error);
      failureCount += 1;
      const hasTriedEnough = isUntilDone && failureCount >= MAX_ROUNDS * concurrency;
      if (!isRetryable(error) || hasTriedEnough) throw error;
      isOfStore = isStorageError(error);
      textCount = activity.textCount;
      log(error);
      const state: EmbedderState = isOfStore ? "waiting for the store" : "waiting for the provider";
      if (worker !== undefined) activity.states[worker] = state;
      const round = Math.ceil(failureCount / concurrency);
      await sleep(pauseOf(error, round, retryPauseMs), signal, options.clock);
    },
    onStep() {
      // A step without a call does not say that the provider is back.
      if (failureCount === 0 || !(isOfStore || activity.textCount > textCount)) return;
      failureCount = 0;
      logger.info({ setId: activity.setId }, "going on after an outage");
    },
  };
}
