import { describe, expect, it } from "vitest";
import type { SyncEnd } from "../../src/index.ts";
import { createRunEnd, expectEnd } from "../../src/run/end/run-end.ts";

const at = new Date("2026-01-31T12:00:00Z");

describe("createRunEnd()", () => {
  it("knows what is past a time by the block's, and cannot know which block is the last", () => {
    const end = createRunEnd(at);

    expect(end.isPast(1, { blockNumber: 7n, at })).toBe(false);
    expect(end.isPast(1, { blockNumber: 7n, at: new Date(at.getTime() + 1000) })).toBe(true);
    expect(end.isLast(1, 7n)).toBe(false);
  });

  it("knows what is past a block by its number, each shard for itself", () => {
    const end = createRunEnd(
      new Map([
        [0, 5n],
        [1, 7n],
      ]),
    );

    expect(end.isPast(1, { blockNumber: 7n, at })).toBe(false);
    expect(end.isLast(1, 7n)).toBe(true);
    expect(end.isPast(0, { blockNumber: 6n, at })).toBe(true);
    expect(end.isLast(0, 7n)).toBe(false);
  });

  it("is of no block without an end", () => {
    const end = createRunEnd(undefined);

    expect(end.isPast(1, { blockNumber: 2n ** 60n, at })).toBe(false);
    expect(end.isLast(1, 1n)).toBe(false);
  });
});

describe("expectEnd()", () => {
  it.each<[SyncEnd, string]>([
    [new Date("never"), "Expected `until` to be a time, got an invalid Date"],
    [new Map(), "Expected `until` to name a block, got none"],
    [new Map([[1, 0n]]), "a block number from 1 on for shard 1, got 0"],
  ])("refuses what is none: %o", (until, message) => {
    expect(() => expectEnd(until, "full")).toThrow(message);
    expect(() => expectEnd(until, "full")).toThrow(TypeError);
  });
});
