import { describe, expect, it } from "vitest";
import { resolveDevnetOptions } from "../src/options.ts";

describe("resolveDevnetOptions()", () => {
  it("fills in every default", () => {
    expect(resolveDevnetOptions({})).toEqual({
      host: "127.0.0.1",
      port: 0,
      seed: 1,
      users: 200,
      messages: 20_000,
      blockMs: 1000,
      trafficPerBlock: 20,
      snapshotIntervalBlocks: 28_800,
      snapshotMaxAgeMs: 86_400_000,
      eventRetentionMs: 259_200_000,
      gaslessKeys: true,
      replayDelayBlocks: 0,
      now: Date.now,
      faults: {},
      logger: undefined,
    });
  });

  it("keeps a clock of its own when blocks are made by hand", () => {
    const { now } = resolveDevnetOptions({ blockMs: 0 });

    expect(new Date(now()).toISOString()).toBe("2026-10-01T00:00:00.000Z");
    expect(resolveDevnetOptions({ blockMs: 0, now: () => 5 }).now()).toBe(5);
  });

  it.each([
    ["port", 70_000, "Expected `port` to be a whole number from 0 to 65535, got 70000"],
    ["users", 9, "Expected `users` to be a whole number from 10 to 1000000, got 9"],
    ["messages", -1, "Expected `messages` to be a whole number of at least 0, got -1"],
    ["blockMs", 1.5, "Expected `blockMs` to be a whole number of at least 0, got 1.5"],
    ["seed", Number.NaN, "Expected `seed` to be a whole number of at least 0, got NaN"],
    [
      "snapshotIntervalBlocks",
      0,
      "Expected `snapshotIntervalBlocks` to be a whole number of at least 1, got 0",
    ],
    [
      "replayDelayBlocks",
      -1,
      "Expected `replayDelayBlocks` to be a whole number of at least 0, got -1",
    ],
    [
      "eventRetentionMs",
      -5,
      "Expected `eventRetentionMs` to be a whole number of at least 0, got -5",
    ],
  ])("refuses %s of %d", (name, value, message) => {
    expect(() => resolveDevnetOptions({ [name]: value })).toThrow(new TypeError(message));
  });

  it("can keep events for ever", () => {
    const options = { eventRetentionMs: Number.POSITIVE_INFINITY };

    expect(resolveDevnetOptions(options).eventRetentionMs).toBe(Number.POSITIVE_INFINITY);
  });
});
