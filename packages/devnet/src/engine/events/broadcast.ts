/** Sends items to whoever listens at the moment, keeping a limited number for slow listeners. */
export interface Broadcast<Item> {
  publish(item: Item): void;
  /** Starts listening: everything published from now on. */
  listen(): Listener<Item>;
}

/** One listener's place in a broadcast. */
export interface Listener<Item> {
  /**
   * The next item, once there is one. A listener that fell behind by more than the broadcast keeps
   * goes on with the oldest item kept; `onLag` is told how many it lost, the caller is not.
   */
  next(options: ListenOptions): Promise<Item>;
}

/** Options of {@link Listener.next}. */
export interface ListenOptions {
  /** Ends the wait by rejecting with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onLag: (lostCount: number) => void;
}

/** Creates a broadcast that keeps the last `capacity` items. */
export function createBroadcast<Item>(capacity: number): Broadcast<Item> {
  const ring: Item[] = [];
  let published = 0;
  let waiters: (() => void)[] = [];

  function wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      waiters.push(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
    });
  }

  return {
    publish(item) {
      ring[published % capacity] = item;
      published++;
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
    listen() {
      let position = published;
      return {
        async next({ signal, onLag }) {
          while (position === published) {
            signal.throwIfAborted();
            await wait(signal);
          }
          const oldest = Math.max(0, published - capacity);
          if (position < oldest) {
            onLag(oldest - position);
            position = oldest;
          }
          const index = position % capacity;
          position++;
          // Safety: every place between the oldest item kept and the last published is filled.
          return ring[index] as Item;
        },
      };
    },
  };
}
