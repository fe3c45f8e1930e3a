// The protocol's two clocks (docs/protocol.md 5), left behind the moment a value enters a row.

/** 2021-01-01T00:00:00Z, where Farcaster time starts, in Unix milliseconds. */
export const FARCASTER_EPOCH_MS = 1_609_459_200_000;

/** The furthest a `Date` reaches. Later instants on the wire are stored as this one. */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** Converts Farcaster seconds: message, block, hub event and snapshot times. */
export function fromFarcasterTime(seconds: number | bigint): Date {
  return new Date(Math.min(FARCASTER_EPOCH_MS + Number(seconds) * 1000, MAX_DATE_MS));
}

/** The Farcaster seconds of an instant; the inverse of {@link fromFarcasterTime}. */
export function toFarcasterTime(at: Date): number {
  return Math.round((at.getTime() - FARCASTER_EPOCH_MS) / 1000);
}

/** Converts Unix seconds: on-chain event, username proof and expiry times. */
export function fromUnixSeconds(seconds: number | bigint): Date {
  return new Date(Math.min(Number(seconds) * 1000, MAX_DATE_MS));
}

/** The Unix seconds of an instant; the inverse of {@link fromUnixSeconds}. */
export function toUnixSeconds(at: Date): bigint {
  return BigInt(Math.round(at.getTime() / 1000));
}
