/**
 * Where time comes from: what is waited for, and how long something has taken. For tests that have hours
 * pass in no time, and for programs that keep a time of their own. A `Clock` of `@snaprag/client` is one.
 *
 * Two times stay the system's: how long one call of a provider may take (`timeoutMs`), and the leases of
 * claims, which end by the database's `now()` and are renewed while a claim is worked on.
 */
export interface Clock {
  /** Milliseconds since 1970. May be set back. */
  now(): number;
  /** Milliseconds since any moment. Never goes back, so that it tells how long something has taken. */
  elapsed(): number;
  /**
   * Calls back once, after so many milliseconds and never before it returns, unless the function that it
   * returns is called first; calling that later does nothing.
   */
  schedule(delayMs: number, callBack: () => void): () => void;
}

/** The system's clock, which is the default wherever a {@link Clock} can be given. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  schedule(delayMs, callBack) {
    const timer = setTimeout(callBack, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Waits, unless the signal aborts first: then rejects with its reason. */
export async function sleep(
  delayMs: number,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
