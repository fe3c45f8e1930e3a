import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EmbeddingError } from "../../../src/index.ts";
import { backoffDelayMs, retry } from "../../../src/providers/http/retry.ts";

const busy = (retryAfterMs?: number) =>
  new EmbeddingError("rate_limited", "busy", { retryAfterMs });

describe("backoffDelayMs()", () => {
  it("doubles its ceiling with each failure, up to half a minute", () => {
    const ceilings = [1, 2, 3, 7, 8, 2000].map((count) => backoffDelayMs(count, 500, () => 1));

    expect(ceilings).toEqual([500, 1000, 2000, 30_000, 30_000, 30_000]);
  });

  it("waits any part of the ceiling, as chance decides", () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failureCount, part) => {
        const ceiling = backoffDelayMs(failureCount, 100, () => 1);

        expect(backoffDelayMs(failureCount, 100, () => part)).toBe(ceiling * part);
      }),
    );
  });
});

describe("retry()", () => {
  function failing(error: EmbeddingError, mayPass = true) {
    let tryCount = 0;
    const attempt = async () => {
      tryCount++;
      return { failure: { error, mayPass } };
    };
    return { attempt, tryCount: () => tryCount };
  }

  it("tries again until it succeeds, and reports each failure with the wait after it", async () => {
    const error = busy();
    const outcomes = [{ failure: { error, mayPass: true } }, { result: "done" }];
    const reports: [EmbeddingError, number][] = [];
    const onRetry = (failure: EmbeddingError, waitMs: number) => {
      reports.push([failure, waitMs]);
    };
    const policy = { retryMs: 60_000, retryDelayMs: 1, onRetry };

    const result = await retry(
      async () => outcomes.shift() ?? { result: "late" },
      policy,
      undefined,
    );

    expect(result).toBe("done");
    expect(reports).toEqual([[error, expect.any(Number)]]);
    expect(reports[0]?.[1]).toBeLessThanOrEqual(1);
  });

  it("waits no less than the provider asks for", async () => {
    const outcomes = [{ failure: { error: busy(3), mayPass: true } }, { result: "done" }];
    const waits: number[] = [];
    const policy = {
      retryMs: 60_000,
      retryDelayMs: 1,
      onRetry: (_: EmbeddingError, waitMs: number) => void waits.push(waitMs),
    };

    await retry(async () => outcomes.shift() ?? { result: "late" }, policy, undefined);

    expect(waits).toEqual([3]);
  });

  it.each([
    ["what cannot pass", failing(busy(), false), 60_000],
    ["what asks for a longer wait than there is time for", failing(busy(60_001)), 60_000],
    ["anything when retrying is turned off", failing(busy()), 0],
  ])("tries %s once", async (_, { attempt, tryCount }, retryMs) => {
    const policy = { retryMs, retryDelayMs: 1, onRetry: undefined };

    await expect(retry(attempt, policy, undefined)).rejects.toThrow("busy");
    expect(tryCount()).toBe(1);
  });

  it("gives up when the time for retries is over", async () => {
    const { attempt, tryCount } = failing(busy());
    const policy = { retryMs: 20, retryDelayMs: 2, onRetry: undefined };

    await expect(retry(attempt, policy, undefined)).rejects.toThrow("busy");
    expect(tryCount()).toBeGreaterThan(1);
  });

  it("throws the reason of the signal while it waits", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const onRetry = () => setImmediate(() => controller.abort(reason));
    const policy = { retryMs: 60_000, retryDelayMs: 60_000, onRetry };

    const call = retry(failing(busy(50_000)).attempt, policy, controller.signal);

    await expect(call).rejects.toBe(reason);
  });
});
