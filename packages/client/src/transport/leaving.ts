import { setMaxListeners } from "node:events";

/** What a reader has on its way: it ends when the reader leaves, or when its caller's signal aborts. */
export interface Leaving {
  readonly signal: AbortSignal;
  /** Ends what is on its way. Nothing of it stays with the caller's signal. */
  leave(): void;
}

/** Begins a read that its consumer may leave in the middle. */
export function createLeaving(parent: AbortSignal | undefined): Leaving {
  const controller = new AbortController();
  const relay = () => controller.abort(parent?.reason);
  if (parent?.aborted) relay();
  else if (parent) {
    // Many reads at a time are no leak: each ends its own.
    setMaxListeners(0, parent);
    parent.addEventListener("abort", relay, { once: true });
  }
  return {
    signal: controller.signal,
    leave() {
      parent?.removeEventListener("abort", relay);
      controller.abort();
    },
  };
}
