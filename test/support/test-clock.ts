// A clock that a test has in its hand. It is a `Clock` of the packages that take one.

interface Wait {
  readonly dueAt: number;
  readonly callBack: () => void;
}

/** Time that passes when a test says so. */
export interface TestClock {
  now(): number;
  elapsed(): number;
  schedule(delayMs: number, callBack: () => void): () => void;
  /** Milliseconds that are left of the waits that have begun, the shortest first. */
  waits(): readonly number[];
  /** Lets time pass. Waits that are over then call back in their order. */
  advance(milliseconds: number): void;
}

/** Creates a clock that stands at a moment, 1970 unless told. */
export function createTestClock(startMs = 0): TestClock {
  let elapsedMs = 0;
  const waiting = new Set<Wait>();
  const inOrder = () => [...waiting].sort((a, b) => a.dueAt - b.dueAt);
  return {
    now: () => startMs + elapsedMs,
    elapsed: () => elapsedMs,
    schedule(delayMs, callBack) {
      const wait = { dueAt: elapsedMs + delayMs, callBack };
      waiting.add(wait);
      return () => void waiting.delete(wait);
    },
    waits: () => inOrder().map(({ dueAt }) => dueAt - elapsedMs),
    advance(milliseconds) {
      const end = elapsedMs + milliseconds;
      for (let [next] = inOrder(); next !== undefined && next.dueAt <= end; [next] = inOrder()) {
        waiting.delete(next);
        elapsedMs = next.dueAt;
        next.callBack();
      }
      elapsedMs = end;
    },
  };
}

/** Creates a clock on which each wait is over at the next turn of the event loop, however long it is. */
export function createHastyClock(startMs = 0): TestClock {
  const clock = createTestClock(startMs);
  const passOne = () => clock.advance(clock.waits()[0] ?? 0);
  return {
    ...clock,
    schedule(delayMs, callBack) {
      setImmediate(passOne);
      return clock.schedule(delayMs, callBack);
    },
  };
}
