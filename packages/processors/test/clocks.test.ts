import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FARCASTER_EPOCH_MS,
  fromFarcasterTime,
  fromUnixSeconds,
  toFarcasterTime,
  toUnixSeconds,
} from "../src/index.ts";
import { LAST_DATE_SECONDS, uint32 } from "./support/arbitrary-bodies.ts";

const END_OF_DATES = new Date(8_640_000_000_000_000);

describe("clocks", () => {
  it("start where they say", () => {
    expect(new Date(FARCASTER_EPOCH_MS).toISOString()).toBe("2021-01-01T00:00:00.000Z");
    expect(fromFarcasterTime(0)).toEqual(new Date("2021-01-01T00:00:00Z"));
    expect(fromUnixSeconds(0n)).toEqual(new Date("1970-01-01T00:00:00Z"));
  });

  it("differ by the epoch", () => {
    fc.assert(
      fc.property(uint32, (seconds) => {
        expect(fromFarcasterTime(seconds)).toEqual(fromUnixSeconds(seconds + 1_609_459_200));
        expect(fromFarcasterTime(BigInt(seconds))).toEqual(fromFarcasterTime(seconds));
      }),
    );
  });

  it("are read back to the second", () => {
    const unixSeconds = fc.bigInt({ min: 0n, max: LAST_DATE_SECONDS });
    fc.assert(
      fc.property(uint32, unixSeconds, (farcaster, unix) => {
        expect(toFarcasterTime(fromFarcasterTime(farcaster))).toBe(farcaster);
        expect(toUnixSeconds(fromUnixSeconds(unix))).toBe(unix);
      }),
    );
  });

  it("stop at the end of dates instead of failing", () => {
    expect(fromFarcasterTime(2n ** 64n - 1n)).toEqual(END_OF_DATES);
    expect(fromUnixSeconds(2n ** 64n - 1n)).toEqual(END_OF_DATES);
    expect(fromUnixSeconds(LAST_DATE_SECONDS)).toEqual(END_OF_DATES);
    expect(fromUnixSeconds(LAST_DATE_SECONDS + 1n)).toEqual(END_OF_DATES);
  });
});
