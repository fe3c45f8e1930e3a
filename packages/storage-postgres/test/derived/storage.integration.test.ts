// Storage units: when they expire, and how many an account may use.
import {
  aLendStorage,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aPruneMessageEvent,
  aStorageRentEvent,
} from "@snaprag/processors/testing";
import { describe, expect, it } from "vitest";
import { openMirror } from "../support/open-mirror.ts";

const DAY_SECONDS = 86_400;
/** Unix seconds from which rents have one year, by network, which is also when V18 began there. */
const V18 = { mainnet: 1_782_147_600, testnet: 1_781_283_600 };

const rent = (blockTimestamp: bigint, units = 2, fid = 1n) =>
  aMergeOnChainEvent(
    aStorageRentEvent({ units }, { blockTimestamp, fid, seed: Number(blockTimestamp) }),
  );

describe("storage_units", () => {
  it.each([
    [1_724_889_599n, 0, 4, 3],
    [1_724_889_600n, 1, 3, 2],
    [1_752_685_199n, 1, 3, 2],
    [1_752_685_200n, 2, 2, 1],
    [1_782_147_599n, 2, 2, 1],
    [1_782_147_600n, 2, 1, 1],
  ])(
    "rented at %i are of type %i and last %i years on mainnet, %i before V18",
    async (at, type, years, yearsBefore) => {
      await using mirror = await openMirror();
      await mirror.merge(rent(at));

      const [units] = await mirror.select(
        `select units, unit_type, extract(epoch from expires_at - rented_at)::int as seconds,
          extract(epoch from expires_at_before_v18 - rented_at)::int as seconds_before
        from storage_units`,
      );

      const year = 365 * DAY_SECONDS;
      expect(units).toEqual({
        units: "2",
        unit_type: type,
        seconds: years * year,
        seconds_before: yearsBefore * year,
      });
    },
  );

  it.each([
    [2, 1_752_426_000n, 2, 1],
    [2, 1_752_425_999n, 3, 2],
    [2, BigInt(V18.testnet), 1, 1],
    [3, 1_752_426_000n, 2, 2],
    [3, BigInt(V18.testnet), 1, 1],
  ])("on network %i, rented at %i, last %i years, %i before V18", async (...expected) => {
    const [network, at, years, yearsBefore] = expected;
    await using mirror = await openMirror(network);
    await mirror.merge(rent(at));

    const [units] = await mirror.select(
      `select extract(epoch from expires_at - rented_at)::int / 31536000 as years,
        extract(epoch from expires_at_before_v18 - rented_at)::int / 31536000 as years_before
      from storage_units`,
    );

    expect(units).toEqual({ years, years_before: yearsBefore });
  });

  it("last as long in a session whose days may have 23 hours", async () => {
    await using mirror = await openMirror();
    // 2024-03-10T12:00Z; clocks there changed that morning, and a year later the day before.
    await mirror.merge(rent(1_710_072_000n));
    await mirror.select("set timezone to 'America/New_York'");

    const [units] = await mirror.select(
      "select extract(epoch from expires_at)::int as expires from storage_units",
    );

    expect(units.expires).toBe(1_710_072_000 + 4 * 365 * DAY_SECONDS);
  });
});

describe("storage_allowances", () => {
  const allowancesAt = (seconds: number) =>
    [
      `select unit_type, rented_units, lent_units, borrowed_units, usable_units
      from storage_allowances_at($1) where fid = 1 order by unit_type`,
      new Date(seconds * 1000),
    ] as const;

  it("count what is rented and not expired, to the second", async () => {
    await using mirror = await openMirror();
    const rentedAt = 1_760_000_000;
    await mirror.merge(rent(BigInt(rentedAt)));
    const expiresAt = rentedAt + 2 * 365 * DAY_SECONDS;

    expect(await mirror.select(...allowancesAt(expiresAt - 1))).toMatchObject([
      { unit_type: 2, usable_units: "2" },
    ]);
    expect(await mirror.select(...allowancesAt(expiresAt))).toEqual([]);
  });

  it("come back to life with V18, which gave expired units another year", async () => {
    await using mirror = await openMirror();
    // Legacy units, whose three years ended ten days before.
    await mirror.merge(rent(BigInt(V18.mainnet - (3 * 365 + 10) * DAY_SECONDS)));
    const usableAt = async (seconds: number) =>
      (await mirror.select(...allowancesAt(seconds))).map(({ usable_units }) => usable_units);

    expect(await usableAt(V18.mainnet - 11 * DAY_SECONDS)).toEqual(["2"]);
    expect(await usableAt(V18.mainnet - 1)).toEqual([]);
    expect(await usableAt(V18.mainnet)).toEqual(["2"]);
    expect(await usableAt(V18.mainnet + 355 * DAY_SECONDS)).toEqual([]);
  });

  it("move with lends, which never take more than there is", async () => {
    await using mirror = await openMirror();
    const lend = (from: bigint, toFid: bigint, numUnits: bigint, timestamp: number) =>
      aLendStorage({ toFid, numUnits, unitType: 2 }, { fid: from, timestamp });
    const at = V18.mainnet + 1;
    await mirror.merge(rent(BigInt(at), 5), rent(BigInt(at + 1), 9, 3n));
    const [given, taken, end] = [lend(1n, 3n, 4n, 10), lend(3n, 1n, 2n, 11), lend(1n, 3n, 0n, 12)];
    await mirror.merge(aMergeMessageEvent(given), aMergeMessageEvent(taken));

    expect(await mirror.select(...allowancesAt(at + 2))).toEqual([
      { unit_type: 2, rented_units: "5", lent_units: "4", borrowed_units: "2", usable_units: "3" },
    ]);
    // When the own units have expired, the borrowed ones are left.
    expect(await mirror.select(...allowancesAt(at + 365 * DAY_SECONDS))).toMatchObject([
      { rented_units: "0", usable_units: "2" },
    ]);

    await mirror.merge(aMergeMessageEvent(end, [given]), aPruneMessageEvent(end));

    expect(await mirror.select(...allowancesAt(at + 2))).toMatchObject([
      { lent_units: "0", usable_units: "7" },
    ]);
  });

  it("are those of now without a time", async () => {
    await using mirror = await openMirror();
    const now = BigInt(Math.floor(Date.now() / 1000));
    await mirror.merge(rent(now - 10n * 365n * 86_400n), rent(now - 5n, 7));

    expect(await mirror.select("select usable_units from storage_allowances")).toEqual([
      { usable_units: "7" },
    ]);
  });
});
