// Storage: how long rented units last and how many messages they hold (docs/protocol.md 6.4, 6.10).
import type { OnChainEvent, StorageUnitType } from "@snaprag/proto";

/** Units by `StorageUnitType`: legacy, 2024, 2025. */
export type UnitCounts = readonly [legacy: number, year2024: number, year2025: number];

/** No units at all. */
export const NO_UNITS: UnitCounts = [0, 0, 0];

const SECONDS_PER_YEAR = 365n * 86_400n;

/** Cutoffs of every network that is not mainnet. Years include the extension of engine version 18. */
const RENT_TERMS: readonly RentTerm[] = [
  { before: 1_724_889_600n, unitType: 0, years: 4n },
  { before: 1_752_426_000n, unitType: 1, years: 3n },
  { before: 1_781_283_600n, unitType: 2, years: 2n },
];
const LATEST_TERM: RentTerm = { before: 0n, unitType: 2, years: 1n };

interface RentTerm {
  /** Unix seconds: rents of an earlier block time fall under this term. */
  readonly before: bigint;
  readonly unitType: 0 | 1 | 2;
  readonly years: bigint;
}

/** Units of one rent event. */
export interface Rent {
  readonly unitType: 0 | 1 | 2;
  readonly units: number;
  /** Unix seconds. Decided by when the units were rented, not by the `expiry` of the event. */
  readonly expiresAt: bigint;
}

/** Stores with a storage limit. */
export type LimitedStore =
  | "casts"
  | "links"
  | "reactions"
  | "userData"
  | "verifications"
  | "usernameProofs";

/** Messages that one unit holds, by unit type. */
const LIMITS_PER_UNIT: { readonly [Store in LimitedStore]: UnitCounts } = {
  casts: [5000, 2000, 100],
  links: [2500, 1000, 200],
  reactions: [2500, 1000, 200],
  userData: [50, 50, 25],
  verifications: [25, 25, 5],
  usernameProofs: [5, 5, 2],
};

/** Reads a storage rent event; undefined for other events. */
export function readRent({ body, blockTimestamp }: OnChainEvent): Rent | undefined {
  if (body?.$case !== "storageRentEventBody") return undefined;
  const term = RENT_TERMS.find(({ before }) => blockTimestamp < before) ?? LATEST_TERM;
  return {
    unitType: term.unitType,
    units: body.value.units,
    expiresAt: blockTimestamp + term.years * SECONDS_PER_YEAR,
  };
}

/** The units of those rents that are valid at a time, in unix seconds. */
export function validUnits(rents: readonly OnChainEvent[], unixSeconds: bigint): UnitCounts {
  return rents.reduce<UnitCounts>((sum, event) => {
    const rent = readRent(event);
    if (rent === undefined || rent.expiresAt <= unixSeconds) return sum;
    return addUnits(sum, unitsOf(rent.unitType, rent.units));
  }, NO_UNITS);
}

/** Counts with units of one type only; none for a type that this version does not know. */
export function unitsOf(unitType: StorageUnitType, units: number): UnitCounts {
  return [unitType === 0 ? units : 0, unitType === 1 ? units : 0, unitType === 2 ? units : 0];
}

/** Sum, type by type. */
export function addUnits(a: UnitCounts, b: UnitCounts): UnitCounts {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** Difference, type by type, never below zero. */
export function subtractUnits(a: UnitCounts, b: UnitCounts): UnitCounts {
  return [Math.max(0, a[0] - b[0]), Math.max(0, a[1] - b[1]), Math.max(0, a[2] - b[2])];
}

/** How many messages of a store the units hold. */
export function limitOf(store: LimitedStore, units: UnitCounts): number {
  const [legacy, year2024, year2025] = LIMITS_PER_UNIT[store];
  return units[0] * legacy + units[1] * year2024 + units[2] * year2025;
}
