// Where a rule changed with a protocol version (docs/protocol.md appendix B). Messages follow the
// version of their own timestamp.
import { FarcasterNetwork } from "@snaprag/proto";
import { FARCASTER_EPOCH_MS } from "../clocks.ts";

const FARCASTER_EPOCH_SECONDS = FARCASTER_EPOCH_MS / 1000;

/** Unix seconds of V19, from which a link compact state touches only links of its own type. */
const V19_UNIX_SECONDS: ReadonlyMap<number, number> = new Map([
  [FarcasterNetwork.MAINNET, 1_785_160_800],
  [FarcasterNetwork.TESTNET, 1_784_124_000],
]);

/**
 * Whether a link compact state of this time sweeps links of every type, as before V19.
 *
 * `timestamp` is the compact state's own, in Farcaster seconds. Devnets run the newest rules from
 * the beginning.
 */
export function sweepsEveryLinkType(network: number, timestamp: number): boolean {
  const activation = V19_UNIX_SECONDS.get(network);
  return activation !== undefined && timestamp + FARCASTER_EPOCH_SECONDS < activation;
}
