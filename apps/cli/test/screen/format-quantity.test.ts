import { describe, expect, it } from "vitest";
import {
  formatAmount,
  formatCount,
  formatDuration,
  formatRate,
} from "../../src/screen/format-quantity.ts";

describe("formatCount()", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_234_567, "1,234,567"],
    [2n ** 63n, "9,223,372,036,854,775,808"],
  ])("separates thousands: %s", (count, shown) => {
    expect(formatCount(count)).toBe(shown);
  });
});

describe("formatAmount()", () => {
  it.each([
    [0, "0 accounts"],
    [1, "1 account"],
    [1n, "1 account"],
    [2000, "2,000 accounts"],
  ])("counts things: %s", (count, shown) => {
    expect(formatAmount(count, "account")).toBe(shown);
  });
});

describe("formatRate()", () => {
  it.each([
    [0, "0"],
    [0.26, "0.3"],
    [9.94, "9.9"],
    [9.96, "10"],
    [12_345.6, "12,346"],
  ])("has one decimal below ten and none above: %s", (rate, shown) => {
    expect(formatRate(rate)).toBe(shown);
  });
});

describe("formatDuration()", () => {
  it.each([
    [-3, "0s"],
    [0.4, "0s"],
    [59.4, "59s"],
    [59.6, "1m 00s"],
    [65, "1m 05s"],
    [3600, "1h 00m"],
    [7399, "2h 03m"],
    [86_400, "1d 00h"],
    [273_600, "3d 04h"],
  ])("shows the two largest units: %s", (seconds, shown) => {
    expect(formatDuration(seconds)).toBe(shown);
  });
});
