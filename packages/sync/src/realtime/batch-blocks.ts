/** When a batch is handed on. */
export interface BatchLimits {
  /** Weight from which a batch is handed on at once. */
  readonly minWeight: () => number;
  /** Longest time an item waits, in milliseconds. */
  readonly maxWaitMs: number;
}

/** An item, and how much of a batch it fills. */
export interface Weighed<Item> {
  readonly item: Item;
  readonly weight: number;
}

const TIMED_OUT = Symbol("timed out");

interface Timer {
  readonly done: Promise<typeof TIMED_OUT>;
  cancel(): void;
}

function startTimer(ms: number): Timer {
  let handle: NodeJS.Timeout | undefined;
  const done = new Promise<typeof TIMED_OUT>((resolve) => {
    handle = setTimeout(() => resolve(TIMED_OUT), ms);
  });
  return { done, cancel: () => clearTimeout(handle) };
}

/** Reads one item ahead, and can be asked for it again after a timeout. */
interface Reader<Item> {
  next(timer: Timer | undefined): Promise<IteratorResult<Item> | typeof TIMED_OUT>;
  close(): Promise<void>;
}

function createReader<Item>(source: AsyncIterable<Item>): Reader<Item> {
  const iterator = source[Symbol.asyncIterator]();
  let coming: Promise<IteratorResult<Item>> | undefined;
  return {
    async next(timer) {
      coming ??= iterator.next();
      const next = await (timer ? Promise.race([coming, timer.done]) : coming);
      if (next !== TIMED_OUT) coming = undefined;
      return next;
    },
    async close() {
      // The item read ahead may fail when its source ends; nobody waits for it any more.
      coming?.catch(() => undefined);
      await iterator.return?.();
    },
  };
}

interface Collected<Item> {
  readonly batch: readonly Item[];
  readonly isLast: boolean;
}

async function collectBatch<Item>(
  reader: Reader<Weighed<Item>>,
  { minWeight, maxWaitMs }: BatchLimits,
): Promise<Collected<Item>> {
  const batch: Item[] = [];
  let weight = 0;
  let timer: Timer | undefined;
  try {
    while (batch.length === 0 || weight < minWeight()) {
      const next = await reader.next(timer);
      if (next === TIMED_OUT) break;
      if (next.done) return { batch, isLast: true };
      batch.push(next.value.item);
      weight += next.value.weight;
      timer ??= startTimer(maxWaitMs);
    }
    return { batch, isLast: false };
  } finally {
    timer?.cancel();
  }
}

/**
 * Groups items until they weigh enough or the first of them has waited long enough.
 *
 * While the consumer works on a batch, one item is read ahead and no more: what the consumer does
 * not take waits at the source. The source gets a signal that also aborts when the consumer leaves,
 * because it may be waiting for an item that does not come; what was collected by then is dropped.
 */
export async function* batchByTime<Item>(
  openSource: (signal: AbortSignal) => AsyncIterable<Weighed<Item>>,
  limits: BatchLimits,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[]> {
  const leaving = new AbortController();
  const reader = createReader(openSource(AbortSignal.any([signal, leaving.signal])));
  try {
    while (true) {
      const { batch, isLast } = await collectBatch(reader, limits);
      if (batch.length > 0) yield batch;
      if (isLast) return;
    }
  } finally {
    leaving.abort();
    await reader.close();
  }
}
