// What ends a call early: the caller's signal, or the client being closed.

/**
 * One signal for both. Node warns of a leak when more than ten listeners hear one signal, and a
 * caller's may end any number of calls; combined signals need none on it.
 */
export function combineSignals(signal: AbortSignal | undefined, closing: AbortSignal): AbortSignal {
  return AbortSignal.any(signal === undefined ? [closing] : [signal, closing]);
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
