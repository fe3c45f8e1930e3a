import type { Clock } from "../clock.ts";

/**
 * What an embedder does just now.
 *
 * - `starting`: it has no set yet, or no run.
 * - `working`: casts are being embedded.
 * - `idle`: there is nothing to do.
 * - `paused`: the sync is behind, and comes first.
 * - `waiting for history`: the sync has the database for itself.
 * - `waiting for the provider`: it fails, and is tried again.
 * - `waiting for the store`: it fails, and is tried again.
 */
export type EmbedderState =
  | "starting"
  | "working"
  | "idle"
  | "paused"
  | "waiting for history"
  | "waiting for the provider"
  | "waiting for the store";

/** How far a run has come. Counts are of this run alone; the store keeps those of the set. */
export interface EmbedderProgress {
  /** Undefined until the set is taken up. */
  readonly setId: number | undefined;
  /** Casts finished, those without a text, and those removed, included. */
  readonly castCount: number;
  /** Texts that the provider has embedded. */
  readonly textCount: number;
  /** Texts that needed no call, as equal ones had been embedded. */
  readonly reusedTextCount: number;
  /** Tokens of the texts embedded, as the provider counts them, or by `countTokens`. */
  readonly tokenCount: number;
  /** Casts whose text the provider refuses. */
  readonly refusedCount: number;
  /** Failures, those included that a retry has mended. */
  readonly errorCount: number;
  readonly state: EmbedderState;
  /** Casts finished in a second, over the last minute. */
  readonly castsPerSecond: number;
}

/** Counts of a run, written by its workers. */
export interface EmbedderActivity {
  setId: number | undefined;
  castCount: number;
  textCount: number;
  reusedTextCount: number;
  tokenCount: number;
  refusedCount: number;
  errorCount: number;
  /** What each worker does. */
  readonly states: EmbedderState[];
  /** When casts were finished, and how many, over the last minute. */
  readonly finished: { readonly at: number; readonly castCount: number }[];
  readonly startedAt: number;
  readonly clock: Clock;
}

const RATE_WINDOW_MS = 60_000;

/** What counts for all of several workers: whatever one does goes before what others wait for. */
const PRECEDENCE: readonly EmbedderState[] = [
  "working",
  "waiting for the provider",
  "waiting for the store",
  "waiting for history",
  "paused",
  "idle",
];

/** Counts of a run that begins. */
export function createActivity(clock: Clock): EmbedderActivity {
  return {
    setId: undefined,
    castCount: 0,
    textCount: 0,
    reusedTextCount: 0,
    tokenCount: 0,
    refusedCount: 0,
    errorCount: 0,
    states: [],
    finished: [],
    startedAt: clock.elapsed(),
    clock,
  };
}

/** Counts casts that are finished. */
export function countFinished(activity: EmbedderActivity, castCount: number): void {
  const at = activity.clock.elapsed();
  activity.castCount += castCount;
  activity.finished.push({ at, castCount });
  const gone = activity.finished.findIndex((entry) => entry.at > at - RATE_WINDOW_MS);
  activity.finished.splice(0, gone);
}

function rateOf({ finished, startedAt, clock }: EmbedderActivity): number {
  const now = clock.elapsed();
  const since = Math.max(startedAt, now - RATE_WINDOW_MS);
  let castCount = 0;
  for (const entry of finished) if (entry.at >= since) castCount += entry.castCount;
  // The first moments of a run would show as thousands in a second.
  return castCount / (Math.max(1000, now - since) / 1000);
}

/** What is told of a run. */
export function progressOf(activity: EmbedderActivity): EmbedderProgress {
  const { states, finished: _finished, startedAt: _startedAt, clock: _clock, ...counts } = activity;
  const state = PRECEDENCE.find((candidate) => states.includes(candidate)) ?? "starting";
  return { ...counts, state, castsPerSecond: rateOf(activity) };
}
