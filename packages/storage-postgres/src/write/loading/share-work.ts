// Work that several want at a time, done once for all of them.

interface SharedWork {
  readonly result: Promise<void>;
  readonly controller: AbortController;
  waiterCount: number;
}

/** Resolves as a promise does, or rejects with the signal's reason should that abort before. */
function untilAborted(result: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * Has work run once for all who ask for it meanwhile. Each of them waits as long as its own signal
 * lets it; the signal of the work aborts when nobody waits for it any more.
 */
export function shareWork(
  work: (signal: AbortSignal) => Promise<void>,
): (signal?: AbortSignal) => Promise<void> {
  let current: SharedWork | undefined;

  function begin(): SharedWork {
    const controller = new AbortController();
    const result = work(controller.signal);
    const begun: SharedWork = { result, controller, waiterCount: 0 };
    const end = () => {
      if (current === begun) current = undefined;
    };
    result.then(end, end);
    return begun;
  }

  return async (signal) => {
    signal?.throwIfAborted();
    current ??= begin();
    const joined = current;
    joined.waiterCount += 1;
    try {
      await untilAborted(joined.result, signal);
    } finally {
      joined.waiterCount -= 1;
      if (joined.waiterCount === 0) {
        if (current === joined) current = undefined;
        joined.controller.abort();
      }
    }
  };
}
