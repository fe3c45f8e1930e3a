import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelayMs, countFailure } from "../../src/retry/backoff.ts";

const policy = { attempts: 5, baseDelayMs: 100, maxDelayMs: 5000 };

describe("backoffDelayMs()", () => {
  it("doubles its ceiling with each failure, up to the longest delay", () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failureCount) =>
      backoffDelayMs(failureCount, policy, () => 1),
    );

    expect(ceilings).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it("waits any part of the ceiling, as chance decides", () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failureCount, part) => {
        const ceiling = backoffDelayMs(failureCount, policy, () => 1);

        expect(backoffDelayMs(failureCount, policy, () => part)).toBe(ceiling * part);
      }),
    );
  });

  it("uses real chance when given none", () => {
    const delays = new Set(Array.from({ length: 50 }, () => backoffDelayMs(3, policy)));

    expect(delays.size).toBeGreaterThan(1);
  });
});

describe("countFailure()", () => {
  it("counts failures that follow each other closely", () => {
    expect(countFailure(0, 0)).toBe(1);
    expect(countFailure(4, 9999)).toBe(5);
  });

  it("starts over after a stable period", () => {
    expect(countFailure(4, 10_000)).toBe(1);
  });
});
