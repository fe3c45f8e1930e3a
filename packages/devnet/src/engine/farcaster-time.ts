/** 2021-01-01T00:00:00Z, where Farcaster seconds start (docs/protocol.md 5). */
const FARCASTER_EPOCH_SECONDS = 1_609_459_200n;

/** Farcaster seconds as unix seconds. */
export function toUnixSeconds(farcasterSeconds: bigint): bigint {
  return farcasterSeconds + FARCASTER_EPOCH_SECONDS;
}

/** Unix seconds as Farcaster seconds. */
export function toFarcasterSeconds(unixSeconds: bigint): bigint {
  return unixSeconds - FARCASTER_EPOCH_SECONDS;
}
