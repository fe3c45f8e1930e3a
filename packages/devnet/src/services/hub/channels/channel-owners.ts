import { ownsChannel } from "../../../engine/rules/shard-zero/channel-rules.ts";
import { hex } from "../../../engine/rules/verdict.ts";
import type { Channel } from "../../../engine/state/channel-registry.ts";
import type { ShardState } from "../../../engine/state/shard-state.ts";

/** The fid behind an owner's address: who holds it as custody, else who verified it. */
export function findOwnerFid(state: ShardState, ownerAddress: Uint8Array): bigint | undefined {
  const custody = state.onChain.findCustodyByAddress(ownerAddress);
  if (custody !== undefined) return custody.fid;
  const slot = hex(ownerAddress);
  for (const row of state.stores.verifications.rows()) {
    if (row.slot === slot && row.kind === "verificationAdd") return row.fid;
  }
  return undefined;
}

/** Channels that a fid owns, through its custody address or a verified one. */
export function listOwnedChannels(state: ShardState, fid: bigint): readonly Channel[] {
  return state.channels.list().filter((channel) => ownsChannel(state, fid, channel));
}
