import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createVectorMemory } from "./claim/vector-memory.ts";
import type { EmbeddingSet } from "./embedding-store.ts";
import type { EmbedderOptions, ResolvedEmbedderOptions } from "./options.ts";
import { resolveEmbedderOptions } from "./options.ts";
import type { EmbedderActivity, EmbedderProgress } from "./progress.ts";
import { createActivity, progressOf } from "./progress.ts";
import { recipeOf } from "./recipe.ts";
import { createBudget } from "./run/budget.ts";
import type { EmbedderRun } from "./run/embedder-run.ts";
import type { OutageOptions, Outages } from "./run/outages.ts";
import { createOutages } from "./run/outages.ts";
import { together } from "./run/together.ts";
import type { EndReason } from "./run/work.ts";
import { work } from "./run/work.ts";

/** How long an embedder runs. */
export interface EmbedderRunOptions {
  /**
   * Ends the run, which then throws the signal's reason. Calls are ended, claims given back, and
   * what is written stays.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to return once everything is embedded, instead of waiting for more for ever.
   *
   * @default false
   */
  readonly untilDone?: boolean | undefined;
}

/** How a run ended. */
export interface EmbedderOutcome {
  /**
   * - `done`: everything is embedded, and served.
   * - `budget`: less is left of the budget than the next cast needs.
   */
  readonly reason: EndReason;
}

/** Embeds the casts of a store, and keeps what is embedded up to date. */
export interface Embedder {
  /**
   * Takes up the set of the model and embeds what is not, until the signal aborts, or as
   * {@link EmbedderRunOptions.untilDone} and the budget say. Survives every failure that may pass;
   * one that is to end when done gives up after some rounds. One run at a time; any number of
   * embedders, also in other processes, share the work.
   *
   * @throws {EmbeddingError} when the provider or the store cannot go on, such as `key_refused`, or
   * `superseded` when another model was taken up
   */
  run(options?: EmbedderRunOptions): Promise<EmbedderOutcome>;
  /** How far the run has come; the last one, when there is none. */
  progress(): EmbedderProgress;
}

async function takeUp(options: ResolvedEmbedderOptions, outages: Outages): Promise<EmbeddingSet> {
  const { provider, store, modelVersion, context, selection, storage } = options;
  while (true) {
    try {
      return await store.takeUp({
        model: provider.model,
        version: modelVersion,
        recipe: recipeOf(options),
        dimension: provider.dimension,
        context,
        selection,
        storage,
      });
    } catch (error) {
      await outages.endure({ error });
    }
  }
}

/** Tells the store what was spent on claims that came to nothing. */
async function bill({ options, set, unbilled }: EmbedderRun): Promise<void> {
  if (unbilled.textCount === 0) return;
  try {
    const claim = { setId: set.setId, leaseId: randomUUID(), casts: [] };
    await options.store.finish({ ...claim, ...unbilled });
  } catch (cause) {
    options.logger.debug({ ...unbilled, err: cause }, "costs not recorded");
  }
}

async function runWorkers(run: EmbedderRun, abort: (reason: unknown) => void): Promise<EndReason> {
  let reason: EndReason = "done";
  // The last one to end knows best: what one leaves for want of budget, another may find.
  const workers = Array.from({ length: run.options.concurrency }, async (_, worker) => {
    reason = await work(run, worker);
  });
  try {
    await together(workers, abort);
  } finally {
    await bill(run);
  }
  return reason;
}

interface Session extends OutageOptions {
  readonly abort: (reason: unknown) => void;
}

async function runSession(session: Session): Promise<EmbedderOutcome> {
  const { options, activity, signal, isUntilDone, abort } = session;
  const { provider, logger } = options;
  const outages = createOutages(session);
  const set = await takeUp(options, outages);
  outages.onStep();
  activity.setId = set.setId;
  options.onTakenUp(set);
  logger.info({ setId: set.setId, model: set.model, version: set.version }, "embedding");
  const run: EmbedderRun = {
    options,
    set,
    activity,
    budget: createBudget(options),
    memory: createVectorMemory(provider.dimension),
    outages,
    unbilled: { textCount: 0, tokenCount: 0 },
    signal,
    isUntilDone,
  };
  const reason = await runWorkers(run, abort);
  logger.info({ setId: set.setId, reason, castCount: activity.castCount }, "embedding ended");
  return { reason };
}

/** Creates an embedder. Inert: nothing is read or sent before {@link Embedder.run}. */
export function createEmbedder(options: EmbedderOptions): Embedder {
  const resolved = resolveEmbedderOptions(options);
  let activity: EmbedderActivity = createActivity(resolved.clock);
  return {
    progress: () => progressOf(activity),
    async run({ signal, untilDone = false } = {}) {
      signal?.throwIfAborted();
      const controller = new AbortController();
      const abort = (reason: unknown) => controller.abort(reason);
      const stop = () => abort(signal?.reason);
      // Every worker listens, and every call of the provider may.
      setMaxListeners(0, controller.signal);
      activity = createActivity(resolved.clock);
      signal?.addEventListener("abort", stop, { once: true });
      try {
        return await runSession({
          options: resolved,
          activity,
          signal: controller.signal,
          isUntilDone: untilDone,
          abort,
        });
      } catch (error) {
        // Whatever an abort makes of calls, the abort is why they failed.
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    },
  };
}
