import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { batchByTime } from "../../src/realtime/batch-blocks.ts";
import { tracesOn } from "../support/signal-traces.ts";

interface Source {
  readonly open: (signal: AbortSignal) => AsyncIterable<{ item: number; weight: number }>;
  push(item: number): void;
  end(): void;
  fail(error: Error): void;
  readonly pulled: () => number;
  readonly isClosed: () => boolean;
}

/** A source that gives items as they are pushed and sees how it is treated. */
function createSource(): Source {
  const items: number[] = [];
  let pulled = 0;
  let closed = false;
  let failure: Error | undefined;
  let ended = false;
  let wake = () => {};
  async function* read(signal: AbortSignal) {
    signal.addEventListener("abort", () => wake(), { once: true });
    try {
      while (true) {
        const item = items.shift();
        if (item !== undefined) {
          pulled += 1;
          yield { item, weight: 1 };
        } else if (failure) throw failure;
        else if (ended) return;
        else {
          signal.throwIfAborted();
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      closed = true;
    }
  }
  const change = (work: () => void) => {
    work();
    wake();
  };
  return {
    open: read,
    push: (item) => change(() => items.push(item)),
    end: () =>
      change(() => {
        ended = true;
      }),
    fail: (error) =>
      change(() => {
        failure = error;
      }),
    pulled: () => pulled,
    isClosed: () => closed,
  };
}

const never = new AbortController().signal;
const limits = { minWeight: () => 3, maxWaitMs: () => 60_000 };

async function readAll(source: Source, { maxWaitMs } = limits): Promise<(readonly number[])[]> {
  const batches: (readonly number[])[] = [];
  for await (const batch of batchByTime(source.open, { ...limits, maxWaitMs }, never)) {
    batches.push(batch);
  }
  return batches;
}

describe("batchByTime()", () => {
  it("hands a batch on when it weighs enough, and the rest at the end", async () => {
    const source = createSource();
    for (const item of [1, 2, 3, 4, 5]) source.push(item);
    source.end();

    expect(await readAll(source)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it("hands a small batch on when it has waited long enough", async () => {
    const source = createSource();
    source.push(1);

    const batches = batchByTime(source.open, { ...limits, maxWaitMs: () => 10 }, never);
    const first = await batches.next();
    source.push(2);
    source.end();

    expect(first.value).toEqual([1]);
    expect((await batches.next()).value).toEqual([2]);
    expect((await batches.next()).done).toBe(true);
  });

  it("waits for nothing more once an item of infinite weight is there", async () => {
    async function* open() {
      yield { item: 1, weight: 1 };
      yield { item: 2, weight: Number.POSITIVE_INFINITY };
      await new Promise(() => undefined);
    }

    const first = await batchByTime(open, limits, never).next();

    expect(first.value).toEqual([1, 2]);
  });

  it("collects the next batch while the consumer works, and no further than it may grow", async () => {
    const source = createSource();
    for (let item = 0; item < 100; item++) source.push(item);

    const batches = batchByTime(source.open, { ...limits, maxWeight: () => 5 }, never);
    const first = await batches.next();
    await delay(5);

    expect(source.pulled()).toBe((first.value?.length ?? 0) + 5);
    expect((await batches.next()).value).toHaveLength(5);
    await batches.return(undefined);
  });

  it("tells of a failure only after the batches before it were taken", async () => {
    const source = createSource();
    for (const item of [1, 2, 3]) source.push(item);

    const batches = batchByTime(source.open, limits, never);
    const first = await batches.next();
    source.fail(new Error("the source failed"));
    await delay(5);

    expect(first.value).toEqual([1, 2, 3]);
    await expect(batches.next()).rejects.toThrow("the source failed");
  });

  it("has closed its source when a consumer that failed has left", async () => {
    const source = createSource();
    for (const item of [1, 2, 3, 4]) source.push(item);
    const consume = async () => {
      for await (const _ of batchByTime(source.open, limits, never)) throw new Error("not written");
    };

    await expect(consume()).rejects.toThrow("not written");
    expect(source.isClosed()).toBe(true);
  });

  it("lets the consumer leave while the source waits for an item that does not come", async () => {
    const source = createSource();
    source.push(1);

    const batches = batchByTime(source.open, { ...limits, maxWaitMs: () => 5 }, never);
    await batches.next();
    await batches.return(undefined);

    expect(source.isClosed()).toBe(true);
  });

  it("passes a failure of the source on", async () => {
    const source = createSource();
    source.push(1);
    source.fail(new Error("the source failed"));

    await expect(readAll(source)).rejects.toThrow("the source failed");
    expect(source.isClosed()).toBe(true);
  });

  it("ends with the signal's reason", async () => {
    const source = createSource();
    const controller = new AbortController();
    const reading = batchByTime(source.open, limits, controller.signal).next();
    controller.abort(new Error("enough"));

    await expect(reading).rejects.toThrow("enough");
  });

  it("leaves nothing with the signal of the run, however often it is called", async () => {
    const { signal } = new AbortController();
    type Batches = AsyncGenerator<readonly number[]>;
    const endings: ((source: Source, batches: Batches) => Promise<unknown>)[] = [
      async ({ end }, batches) => {
        end();
        expect(await batches.next()).toMatchObject({ done: true });
      },
      async ({ fail }, batches) => {
        fail(new Error("the source failed"));
        await expect(batches.next()).rejects.toThrow("the source failed");
      },
      // The consumer leaves.
      async (_, batches) => await batches.return(undefined),
    ];

    for (let turn = 0; turn < 300; turn++) {
      const source = createSource();
      for (const item of [1, 2, 3]) source.push(item);
      const batches = batchByTime(source.open, limits, signal);
      await batches.next();
      await endings[turn % 3]?.(source, batches);
    }

    expect(tracesOn(signal)).toBe(0);
  });
});
