// What ends a call early: the caller's signal, or the client being closed.
import { setMaxListeners } from "node:events";

/** What was combined, by the signal of the client and then by that of the caller. */
const combinations = new WeakMap<AbortSignal, WeakMap<AbortSignal, AbortSignal>>();

/**
 * One signal for both, the same whenever it is asked for: most callers have one for thousands of calls,
 * and each made of it would be in its lists until it is collected. Node warns of a leak when more than
 * ten listeners hear one signal; nobody has to listen to the caller's own, and the combined one is used
 * to many.
 */
export function combineSignals(signal: AbortSignal | undefined, closing: AbortSignal): AbortSignal {
  let ofClient = combinations.get(closing);
  if (ofClient === undefined) {
    ofClient = new WeakMap();
    combinations.set(closing, ofClient);
  }
  let combined = ofClient.get(signal ?? closing);
  if (combined === undefined) {
    combined = AbortSignal.any(signal === undefined ? [closing] : [signal, closing]);
    setMaxListeners(0, combined);
    ofClient.set(signal ?? closing, combined);
  }
  return combined;
}

/** Calls `cancel` with the reason when the signal aborts. The returned function stops listening. */
export function onAbort(signal: AbortSignal, cancel: (reason: unknown) => void): () => void {
  const listener = () => cancel(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** Waits, unless the signal aborts first: then rejects with its reason. */
export async function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stopListening = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    const timer = setTimeout(() => {
      stopListening();
      resolve();
    }, delayMs);
  });
}
