import { randomUUID } from "node:crypto";
import { sleep } from "../../clock.ts";
import { processClaim } from "../claim/process-claim.ts";
import type { ClaimedCast, LeaseId } from "../embedding-store.ts";
import type { EmbedderRun } from "./embedder-run.ts";

/** Often enough that one renewal may fail. */
const RENEWALS_PER_LEASE = 3;

/** Why a run has ended: everything is embedded, or the budget is used up. */
export type EndReason = "done" | "budget";

/** What a worker has just done, or why it has done nothing. */
type Step = "worked" | "idle" | "complete" | "paused" | "waiting for history";

/** Gives back what of a claim is not finished. What cannot be given back expires. */
async function release({ options }: EmbedderRun, leaseId: LeaseId): Promise<void> {
  try {
    await options.store.release(leaseId);
  } catch (cause) {
    options.logger.debug({ leaseId, err: cause }, "claim not released");
  }
}

/** Renews a claim until that is ended. One that could not be renewed in time is others' to take. */
function keepLease({ options }: EmbedderRun, leaseId: LeaseId): Disposable {
  const { store, leaseMs, logger } = options;
  const timer = setInterval(() => {
    store.renew(leaseId, leaseMs).catch((cause: unknown) => {
      logger.debug({ leaseId, err: cause }, "claim not renewed");
    });
  }, leaseMs / RENEWALS_PER_LEASE);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function processLeased(
  run: EmbedderRun,
  leaseId: LeaseId,
  casts: readonly ClaimedCast[],
): Promise<void> {
  let finishedCount = 0;
  using _lease = keepLease(run, leaseId);
  try {
    finishedCount = await processClaim(run, leaseId, casts);
  } finally {
    if (finishedCount < casts.length) await release(run, leaseId);
  }
}

async function takeStep(run: EmbedderRun, worker: number): Promise<Step> {
  const { options, set, activity, signal } = run;
  const { store, provider, leaseMs } = options;
  const { setId } = set;
  if (options.isPaused()) return "paused";
  if (options.isHistoryAwaited && (await store.isLoading())) return "waiting for history";
  const leaseId = randomUUID();
  const casts = await store.claim({ setId, leaseId, limit: provider.maxBatchTexts, leaseMs });
  if (casts.length === 0) return (await store.complete(setId, signal)) ? "complete" : "idle";
  activity.states[worker] = "working";
  await processLeased(run, leaseId, casts);
  return "worked";
}

/**
 * Embeds claim after claim, until there is nothing left where that is the aim, the budget is used up,
 * or the run ends. Survives what passes.
 */
export async function work(run: EmbedderRun, worker: number): Promise<EndReason> {
  const { options, activity, budget, outages, signal } = run;
  try {
    while (true) {
      signal.throwIfAborted();
      if (budget.isUsedUp()) return "budget";
      let step: Step;
      try {
        step = await takeStep(run, worker);
      } catch (error) {
        await outages.endure({ error, worker });
        continue;
      }
      outages.onStep();
      if (step === "worked") continue;
      if (step === "complete" && run.isUntilDone) return "done";
      activity.states[worker] = step === "complete" ? "idle" : step;
      await sleep(options.pollMs, signal, options.clock);
    }
  } finally {
    activity.states[worker] = "idle";
  }
}
