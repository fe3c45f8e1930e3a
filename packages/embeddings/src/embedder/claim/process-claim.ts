import type { ClaimedCast, FinishedCast, LeaseId } from "../embedding-store.ts";
import { countFinished } from "../progress.ts";
import type { EmbedderRun } from "../run/embedder-run.ts";
import type { Draft, PartText } from "./draft.ts";
import { draftCast, shortenDraft } from "./draft.ts";
import type { Answers, Order } from "./embed-texts.ts";
import { embedTexts } from "./embed-texts.ts";

/** Where a claim stands between two rounds of calls. */
interface ClaimWork {
  pending: readonly Draft[];
  readonly finished: FinishedCast[];
  readonly vectors: Map<string, Float32Array>;
  /** Texts embedded for this claim, to tell the others apart. */
  readonly sentKeys: Set<string>;
  reusedTextCount: number;
}

function missingParts(work: ClaimWork, drafts: readonly Draft[]): ReadonlyMap<string, PartText> {
  const missing = new Map<string, PartText>();
  for (const { parts } of drafts) {
    for (const part of parts) if (!work.vectors.has(part.key)) missing.set(part.key, part);
  }
  return missing;
}

/** Takes from memory what is there. */
function remember(run: EmbedderRun, work: ClaimWork, keys: Iterable<string>): void {
  for (const key of keys) {
    const vector = run.memory.find(key);
    if (vector !== undefined) work.vectors.set(key, vector);
  }
}

/** Finds the vectors of texts that were embedded before, by whomever. */
async function recall(run: EmbedderRun, work: ClaimWork): Promise<void> {
  remember(run, work, missingParts(work, work.pending).keys());
  // What another worker embeds just now is not in the store yet.
  const unknown = [...missingParts(work, work.pending).values()].filter(
    (part) => run.memory.findCall(part.key) === undefined,
  );
  if (unknown.length === 0) return;
  const found = await run.options.store.findVectors(
    run.set.setId,
    unknown.map((part) => part.hash),
  );
  for (const [key, vector] of found) {
    work.vectors.set(key, vector);
    run.memory.keep(key, vector);
  }
  // Others may have been embedded meanwhile.
  remember(run, work, missingParts(work, work.pending).keys());
}

interface Plan {
  readonly orders: readonly Order[];
  /** Calls of other workers that embed some of the texts. */
  readonly awaited: ReadonlySet<Promise<void>>;
  /** The casts that the budget has room for. */
  readonly drafts: readonly Draft[];
}

/** Decides what to send. All texts of a cast, or none: half of its vectors would be of no use. */
function planCalls(run: EmbedderRun, work: ClaimWork): Plan {
  const { provider } = run.options;
  const orders = new Map<string, Order>();
  const awaited = new Set<Promise<void>>();
  const drafts = work.pending.filter((draft) => {
    const wanted: Order[] = [];
    for (const [key, part] of missingParts(work, [draft])) {
      const call = run.memory.findCall(key);
      if (call !== undefined) awaited.add(call);
      else if (!orders.has(key)) {
        wanted.push({ ...part, tokenCount: provider.countTokens(part.text) });
      }
    }
    const tokenCount = wanted.reduce((sum, order) => sum + order.tokenCount, 0);
    if (!run.budget.reserve(wanted.length, tokenCount)) return false;
    for (const order of wanted) orders.set(order.key, order);
    return true;
  });
  return { orders: [...orders.values()], awaited, drafts };
}

function finish(work: ClaimWork, draft: Draft, refusal?: string): void {
  const { fid, hash, version } = draft.cast;
  if (refusal !== undefined) {
    work.finished.push({ fid, hash, version, parts: [], refusal });
    return;
  }
  const parts = draft.parts.flatMap((part) => {
    const vector = work.vectors.get(part.key);
    return vector ? [{ contentHash: part.hash, vector }] : [];
  });
  work.reusedTextCount += parts.length;
  for (const { key } of draft.parts) if (work.sentKeys.delete(key)) work.reusedTextCount -= 1;
  work.finished.push({ fid, hash, version, parts });
}

/** Finishes a cast that has all of its vectors, or none to come; returns what is still to be done. */
function advance(
  run: EmbedderRun,
  work: ClaimWork,
  { draft, refusals }: { draft: Draft; refusals: Answers["refusals"] },
): readonly Draft[] {
  const refused = draft.parts.find((part) => refusals.has(part.key));
  const error = refused && refusals.get(refused.key);
  if (refused && error) {
    const shorter = error.isTooLong ? shortenDraft(draft, refused, run.options) : undefined;
    if (shorter) return [shorter];
    finish(work, draft, error.message);
    return [];
  }
  if (missingParts(work, [draft]).size > 0) return [draft];
  finish(work, draft);
  return [];
}

async function doRound(run: EmbedderRun, work: ClaimWork): Promise<void> {
  run.signal.throwIfAborted();
  await recall(run, work);
  const { orders, awaited, drafts } = planCalls(run, work);
  const endCall = run.memory.beginCall(orders.map((order) => order.key));
  let answers: Answers;
  try {
    answers = await embedTexts(run, orders);
  } finally {
    endCall();
  }
  for (const [key, vector] of answers.vectors) {
    work.vectors.set(key, vector);
    work.sentKeys.add(key);
  }
  // They have sent theirs before they wait for others, as was done here: nobody waits in a circle.
  await Promise.all(awaited);
  const { refusals } = answers;
  work.pending = drafts.flatMap((draft) => advance(run, work, { draft, refusals }));
}

/** Tells the store what a claim came to, and what has been spent. */
async function write(run: EmbedderRun, leaseId: LeaseId, work: ClaimWork): Promise<void> {
  const { activity, unbilled, set, options } = run;
  const costs = { ...unbilled };
  const casts = work.finished;
  if (casts.length === 0 && costs.textCount === 0) return;
  unbilled.textCount = 0;
  unbilled.tokenCount = 0;
  try {
    await options.store.finish({ setId: set.setId, leaseId, casts, ...costs });
  } catch (error) {
    unbilled.textCount += costs.textCount;
    unbilled.tokenCount += costs.tokenCount;
    throw error;
  }
  countFinished(activity, casts.length);
  activity.reusedTextCount += work.reusedTextCount;
  activity.refusedCount += casts.filter((cast) => cast.refusal !== undefined).length;
}

/**
 * Embeds claimed casts and writes them in one go. What the budget has no room for is left out of it.
 * Returns how many casts are finished.
 */
export async function processClaim(
  run: EmbedderRun,
  leaseId: LeaseId,
  casts: readonly ClaimedCast[],
): Promise<number> {
  const work: ClaimWork = {
    pending: casts.map((cast) => draftCast(cast, run.options)),
    finished: [],
    vectors: new Map(),
    sentKeys: new Set(),
    reusedTextCount: 0,
  };
  while (work.pending.length > 0) await doRound(run, work);
  await write(run, leaseId, work);
  return work.finished.length;
}
