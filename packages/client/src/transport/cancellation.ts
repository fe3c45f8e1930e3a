// What ends a call early: the caller's signal, or the client being closed.
import { setMaxListeners } from "node:events";
import type { Clock } from "../options/clock.ts";
import { systemClock } from "../options/clock.ts";

/** A signal that is made of others. */
interface Combination {
  readonly parents: readonly AbortSignal[];
  /** Aborts the signal if one of the others is. */
  readonly relay: () => void;
  listenerCount: number;
}

/** What was combined, by the signal of the client and then by that of the caller. */
const combinations = new WeakMap<AbortSignal, WeakMap<AbortSignal, AbortSignal>>();

/** How it was, by what came of it. */
const combinationOf = new WeakMap<AbortSignal, Combination>();

function combine(parents: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  setMaxListeners(0, signal);
  const relay = () => {
    const aborted = parents.find((parent) => parent.aborted);
    if (aborted !== undefined) controller.abort(aborted.reason);
  };
  combinationOf.set(signal, { parents, relay, listenerCount: 0 });
  return signal;
}

/**
 * One signal for both, for {@link onAbort} and {@link throwIfAborted}. By itself it does not know of
 * an abort: it is in the lists of the two only while somebody listens, so that nothing is left there
 * of calls that are over. `AbortSignal.any` would leave a trace of each, in Node 20 and 22 as long as
 * the two live.
 *
 * The same whenever it is asked for, since Node warns of a leak when more than ten listeners hear one
 * signal: many calls at a time are one listener of the caller's.
 */
export function combineSignals(signal: AbortSignal | undefined, closing: AbortSignal): AbortSignal {
  let ofClient = combinations.get(closing);
  if (ofClient === undefined) {
    ofClient = new WeakMap();
    combinations.set(closing, ofClient);
    setMaxListeners(0, closing);
  }
  if (signal === undefined) return closing;
  let combined = ofClient.get(signal);
  if (combined === undefined) {
    combined = combine([signal, closing]);
    ofClient.set(signal, combined);
  }
  return combined;
}

/** Has a combined signal hear of aborts. The returned function ends that, when nobody else wants it. */
function follow(signal: AbortSignal): () => void {
  const combination = combinationOf.get(signal);
  if (combination === undefined || signal.aborted) return () => undefined;
  const { parents, relay } = combination;
  combination.listenerCount += 1;
  if (combination.listenerCount === 1) {
    for (const parent of parents) parent.addEventListener("abort", relay, { once: true });
  }
  let isFollowing = true;
  return () => {
    if (!isFollowing) return;
    isFollowing = false;
    combination.listenerCount -= 1;
    if (combination.listenerCount > 0) return;
    for (const parent of parents) parent.removeEventListener("abort", relay);
  };
}

/** Calls `cancel` with the reason when the signal aborts. The returned function stops listening. */
export function onAbort(signal: AbortSignal, cancel: (reason: unknown) => void): () => void {
  const unfollow = follow(signal);
  const listener = () => {
    unfollow();
    cancel(signal.reason);
  };
  signal.addEventListener("abort", listener, { once: true });
  return () => {
    unfollow();
    signal.removeEventListener("abort", listener);
  };
}

/** Throws the reason of a signal that has aborted, also of a combined one that nobody listens to. */
export function throwIfAborted(signal: AbortSignal): void {
  combinationOf.get(signal)?.relay();
  signal.throwIfAborted();
}

/** Waits so many milliseconds, unless the signal aborts first: then rejects with its reason. */
export async function sleep(
  delayMs: number,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve, reject) => {
    const stopListening = onAbort(signal, (reason) => {
      cancel();
      reject(reason);
    });
    const cancel = clock.schedule(delayMs, () => {
      stopListening();
      resolve();
    });
  });
}
