import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPaceMeter, historyShare } from "../../src/screen/pace.ts";
import { aShard } from "../support/shard-activity.ts";

describe("historyShare()", () => {
  it("follows the entries within partitions", () => {
    expect(historyShare(aShard({ partitionsDone: 64, entryCount: 500 }))).toBe(0.5);
  });

  it("follows the partitions when an earlier run has read most entries", () => {
    expect(historyShare(aShard({ partitionsDone: 192, entryCount: 10 }))).toBe(0.75);
  });

  it("is 1 in realtime and 0 before the first plan", () => {
    expect(historyShare(aShard({ phase: "realtime", partitionsTotal: 0 }))).toBe(1);
    expect(historyShare(aShard({ partitionsTotal: 0, expectedCount: 0 }))).toBe(0);
  });

  it("is always between 0 and 1", () => {
    const counts = fc.record({
      partitionsDone: fc.nat(256),
      partitionsTotal: fc.constantFrom(0, 256),
      entryCount: fc.nat(),
      expectedCount: fc.nat(),
    });
    fc.assert(
      fc.property(counts, (given) => {
        const share = historyShare(aShard(given));

        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("createPaceMeter()", () => {
  it("knows no pace at the first look", () => {
    const pace = createPaceMeter().observe([aShard({ messageCount: 50 })], 0);

    expect(pace.get(1)).toEqual({ messagesPerSecond: 0, etaSeconds: undefined });
  });

  it("tells messages per second and the time left from two looks", () => {
    const meter = createPaceMeter();
    meter.observe([aShard({ messageCount: 100, entryCount: 100 })], 1000);

    const pace = meter.observe([aShard({ messageCount: 300, entryCount: 300 })], 3000);

    expect(pace.get(1)?.messagesPerSecond).toBe(100);
    expect(pace.get(1)?.etaSeconds).toBeCloseTo(7);
  });

  it("forgets what is longer ago than ten seconds", () => {
    const meter = createPaceMeter();
    meter.observe([aShard({ messageCount: 0 })], 0);
    meter.observe([aShard({ messageCount: 10_000 })], 10_000);
    meter.observe([aShard({ messageCount: 10_010 })], 20_000);

    const pace = meter.observe([aShard({ messageCount: 10_020 })], 30_000);

    expect(pace.get(1)?.messagesPerSecond).toBe(1);
  });

  it("measures a shard that came later from its own first look", () => {
    const meter = createPaceMeter();
    meter.observe([], 0);
    meter.observe([aShard({ messageCount: 1_000_000 })], 1000);

    const pace = meter.observe([aShard({ messageCount: 1_000_010 })], 2000);

    expect(pace.get(1)?.messagesPerSecond).toBe(10);
  });

  it("tells no time left when nothing moves or all is done", () => {
    const meter = createPaceMeter();
    meter.observe([aShard(), aShard({ shardId: 2 })], 0);

    const pace = meter.observe([aShard(), aShard({ shardId: 2, phase: "realtime" })], 1000);

    expect(pace.get(1)?.etaSeconds).toBeUndefined();
    expect(pace.get(2)?.etaSeconds).toBeUndefined();
  });
});
