/**
 * Where time comes from: what is waited for, and how long something has taken. For tests that have hours
 * pass in no time, and for programs that keep a time of their own.
 *
 * These times stay the system's: the deadlines of calls (`timeoutMs`), which gRPC keeps, as its keepalive and
 * its own attempts to connect; how long a node's heights are taken for its present ones (a second); and
 * whatever a store waits for, and the `now()` of its database, by which leases end.
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
