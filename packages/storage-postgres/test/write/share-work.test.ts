import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { shareWork } from "../../src/write/loading/share-work.ts";

/** Work that goes on until it is told to end, or stopped. */
function createWork() {
  const signals: AbortSignal[] = [];
  let end: () => void = () => undefined;
  const run = shareWork(async (signal) => {
    signals.push(signal);
    await new Promise<void>((resolve, reject) => {
      end = resolve;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  });
  return { run, signals, end: () => end() };
}

async function outcomesOf(waiting: readonly Promise<void>[]): Promise<readonly string[]> {
  return (await Promise.allSettled(waiting)).map(({ status }) => status);
}

describe("shareWork()", () => {
  it("does once what several want at a time, and again what is wanted later", async () => {
    const { run, signals, end } = createWork();

    const waiting = [run(), run(new AbortController().signal)];
    end();
    await Promise.all(waiting);
    const later = run();
    end();
    await later;

    expect(signals).toHaveLength(2);
  });

  it("lets each wait as long as its own signal does", async () => {
    const { run, signals, end } = createWork();
    const stopping = new AbortController();
    const reason = new Error("stopped");

    const stopped = run(stopping.signal);
    const patient = run();
    stopping.abort(reason);

    await expect(stopped).rejects.toBe(reason);
    expect(await Promise.race([patient, delay(20, "waiting")])).toBe("waiting");
    expect(signals[0]?.aborted).toBe(false);
    end();
    await patient;
  });

  it("stops when nobody waits any more, and begins anew for the next", async () => {
    const { run, signals, end } = createWork();
    const stopping = new AbortController();
    const waiting = [run(stopping.signal), run(stopping.signal)];

    stopping.abort();

    expect(await outcomesOf(waiting)).toEqual(["rejected", "rejected"]);
    expect(signals[0]?.aborted).toBe(true);
    const next = run();
    end();
    await next;
    expect(signals).toHaveLength(2);
  });

  it("tells all who wait of a failure, and whoever has stopped already begins nothing", async () => {
    let count = 0;
    const run = shareWork(async () => {
      count += 1;
      throw new Error("broken");
    });

    expect(await outcomesOf([run(), run()])).toEqual(["rejected", "rejected"]);
    await expect(run(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");

    expect(count).toBe(1);
  });
});
