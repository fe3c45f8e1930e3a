/** A signal that aborts with the first of several others, until it is disposed of. */
export interface FollowingSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Makes a signal that aborts with the first of several others. Disposing leaves nothing of it with
 * them, unlike `AbortSignal.any`, of which Node 20 and 22 keep a trace as long as the others live.
 */
export function followSignals(parents: readonly AbortSignal[]): FollowingSignal {
  const controller = new AbortController();
  const relay = () => {
    const aborted = parents.find((parent) => parent.aborted);
    if (aborted !== undefined) controller.abort(aborted.reason);
  };
  for (const parent of parents) parent.addEventListener("abort", relay, { once: true });
  relay();
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const parent of parents) parent.removeEventListener("abort", relay);
    },
  };
}
