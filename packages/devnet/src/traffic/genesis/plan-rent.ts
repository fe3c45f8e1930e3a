// What the users of a network need before they can publish as much as they do.
import type { OnChainEvent } from "@snaprag/proto";
import { limitOf, readRent, unitsOf } from "../../engine/state/storage/storage-units.ts";
import { buildOnChainEvent } from "../authoring/on-chain-events.ts";
import type { Prng } from "../authoring/prng.ts";
import type { User } from "../population.ts";

/** A purchase of storage. */
export interface RentPlan {
  readonly units: number;
  /** Unix seconds. */
  readonly unixSeconds: bigint;
}

/** What decides how much storage a user rents, and when. */
export interface RentFacts {
  readonly prng: Prng;
  /** Messages that all users publish together. */
  readonly messages: number;
  /** Unix seconds of the end of genesis. */
  readonly endSeconds: bigint;
}

const SECONDS_PER_DAY = 86_400n;
const SECONDS_PER_YEAR = 365n * SECONDS_PER_DAY;
/** Unix seconds within the times of legacy, 2024 and 2025 units. */
const PAST_RENT_TIMES: readonly bigint[] = [1_710_000_000n, 1_740_000_000n, 1_760_000_000n];
/** A rent outlives genesis by this much, but for the one that is meant to end. */
const MIN_REMAINING_SECONDS = 60n * SECONDS_PER_DAY;
/** How soon after genesis the storage of the expiring user ends. */
const EXPIRES_AFTER_SECONDS = 30n;
/** Rented on top of what the expected messages need. */
const HEADROOM = 2;
const LANDLORD_UNITS = 200;
/** Most reactions that a user makes, as a share of all messages. */
const REACTION_SHARE = 0.75;

/** The storage that a user rents before genesis. */
export function planRent(user: User, facts: RentFacts): RentPlan {
  const recently = facts.endSeconds - 60n * SECONDS_PER_DAY;
  switch (user.role) {
    case "fullCasts":
    case "fullReactions":
      return { units: 1, unixSeconds: recently };
    case "expiring":
      return { units: 1, unixSeconds: findExpiringTime(facts.endSeconds) ?? recently };
    case "landlord":
      return { units: LANDLORD_UNITS + unitsFor(user, facts, recently), unixSeconds: recently };
    default: {
      const unixSeconds = facts.prng.pick([...longLivedTimes(facts.endSeconds), recently]);
      return { units: unitsFor(user, facts, unixSeconds), unixSeconds };
    }
  }
}

function unitsFor({ weight }: User, { messages }: RentFacts, unixSeconds: bigint): number {
  const unitType = readRent(rentAt(unixSeconds))?.unitType ?? 0;
  const reactions = weight * messages * REACTION_SHARE * HEADROOM;
  return 1 + Math.ceil(reactions / limitOf("reactions", unitsOf(unitType, 1)));
}

function longLivedTimes(endSeconds: bigint): readonly bigint[] {
  return PAST_RENT_TIMES.filter(
    (time) => time < endSeconds && expiryOf(time) > endSeconds + MIN_REMAINING_SECONDS,
  );
}

/** A time whose rent ends right after genesis; undefined when no kind of unit lasts that way. */
function findExpiringTime(endSeconds: bigint): bigint | undefined {
  const expiry = endSeconds + EXPIRES_AFTER_SECONDS;
  return [4n, 3n, 2n, 1n]
    .map((years) => expiry - years * SECONDS_PER_YEAR)
    .find((time) => expiryOf(time) === expiry);
}

function expiryOf(unixSeconds: bigint): bigint {
  return readRent(rentAt(unixSeconds))?.expiresAt ?? 0n;
}

function rentAt(blockTimestamp: bigint): OnChainEvent {
  const value = { payer: new Uint8Array(), units: 1, expiry: 0 };
  const body = { $case: "storageRentEventBody", value } as const;
  return buildOnChainEvent({ fid: 0n, body, blockNumber: 0, blockTimestamp });
}
