import type { Clock } from "@snaprag/client";
import { systemClock } from "@snaprag/client";
import { followSignals } from "../run/follow-signals.ts";

/** When a batch is handed on. */
export interface BatchLimits {
  /** Weight from which a batch is handed on at once. */
  readonly minWeight: () => number;
  /**
   * Weight from which a batch takes no more while the consumer works on the one before it.
   *
   * @default minWeight
   */
  readonly maxWeight?: (() => number) | undefined;
  /** Longest time an item waits, in milliseconds. */
  readonly maxWaitMs: () => number;
  /**
   * Tells when an item has waited.
   *
   * @default the system's clock
   */
  readonly clock?: Clock | undefined;
}

/** An item, and how much of a batch it fills; of infinite weight, it waits for no other. */
export interface Weighed<Item> {
  readonly item: Item;
  readonly weight: number;
}

/** Something that is waited for again and again. */
function createBell() {
  let ring = () => {};
  let rung = Promise.resolve();
  const reset = () => {
    rung = new Promise((resolve) => {
      ring = resolve;
    });
  };
  reset();
  return {
    /** Wakes whoever waits. */
    ring: () => ring(),
    /** Waits until a condition holds, which only what rings can change. */
    async until(isMet: () => boolean): Promise<void> {
      while (!isMet()) {
        await rung;
        reset();
      }
    },
  };
}

/** The batch that is being collected. */
interface Collecting<Item> {
  readonly items: Item[];
  weight: number;
  /** Whether it is to be handed on as soon as the consumer asks. */
  isDue: boolean;
  /** Ends the wait, if it has begun. */
  endWait: (() => void) | undefined;
}

function beginBatch<Item>(): Collecting<Item> {
  return { items: [], weight: 0, isDue: false, endWait: undefined };
}

/** How reading the source ended. */
type End = { readonly failure: unknown } | { readonly failure?: never };

/**
 * Groups items until they weigh enough or the first of them has waited long enough.
 *
 * While the consumer works on a batch, the next one is collected and may grow, up to `maxWeight`:
 * what does not fit waits at the source. The source gets a signal that also aborts when the consumer
 * leaves, because it may be waiting for an item that does not come; what was collected by then is
 * dropped, and so it is when the source fails.
 */
export async function* batchByTime<Item>(
  openSource: (signal: AbortSignal) => AsyncIterable<Weighed<Item>>,
  { minWeight, maxWeight = minWeight, maxWaitMs, clock = systemClock }: BatchLimits,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[]> {
  const leaving = new AbortController();
  // Batches are made again and again beside a signal that lives as long as the run.
  using either = followSignals([signal, leaving.signal]);
  // One for each side: a bell wakes one waiter.
  const [hasBatch, hasRoom] = [createBell(), createBell()];
  let collecting = beginBatch<Item>();
  let end: End | undefined;

  function add({ item, weight }: Weighed<Item>): void {
    const batch = collecting;
    batch.items.push(item);
    batch.weight += weight;
    const handOn = () => {
      batch.isDue = true;
      hasBatch.ring();
    };
    if (batch.weight >= minWeight()) handOn();
    else batch.endWait ??= clock.schedule(maxWaitMs(), handOn);
  }

  async function collect(): Promise<void> {
    const isOpen = () => leaving.signal.aborted || collecting.weight < maxWeight();
    try {
      for await (const weighed of openSource(either.signal)) {
        add(weighed);
        await hasRoom.until(isOpen);
        if (leaving.signal.aborted) break;
      }
      end = {};
    } catch (failure) {
      end = { failure };
    }
    hasBatch.ring();
  }

  const collected = collect();
  try {
    while (true) {
      await hasBatch.until(() => collecting.isDue || end !== undefined);
      if (end !== undefined && "failure" in end) throw end.failure;
      const { items, endWait } = collecting;
      endWait?.();
      collecting = beginBatch();
      hasRoom.ring();
      if (items.length > 0) yield items;
      else if (end !== undefined) return;
    }
  } finally {
    leaving.abort();
    collecting.endWait?.();
    hasRoom.ring();
    await collected;
  }
}
