// Channel messages (docs/protocol.md 6.3, 6.9): the last one merged has the slot, whoever wrote it.
import type { TypedMessage, TypedMessageOf } from "@snaprag/proto";
import { ChannelMemberAction, Protocol } from "@snaprag/proto";
import type { Channel } from "../../state/channel-registry.ts";
import { compareBytes, readRow } from "../../state/message-row.ts";
import { custodyAddress } from "../../state/on-chain-store.ts";
import type { ShardState } from "../../state/shard-state.ts";
import type { MergeContext, Verdict } from "../verdict.ts";
import { hex, invalid, lastMergedWins } from "../verdict.ts";

/** The messages that act on a channel. */
export type ChannelMessage =
  | TypedMessageOf<"channelUpdate">
  | TypedMessageOf<"channelMember">
  | TypedMessageOf<"channelPin">
  | TypedMessageOf<"channelModerate">;

const STORES = {
  channelUpdate: "channelUpdates",
  channelMember: "channelMembers",
  channelPin: "channelPins",
  channelModerate: "channelModerations",
} as const;

/** Gives the message its slot. */
export function mergeChannelMessage(message: ChannelMessage, { state }: MergeContext): Verdict {
  const slot = channelSlot(message);
  const present = state.stores[STORES[message.type]].find(message.fid, slot);
  return lastMergedWins(message, slot, present);
}

/** What only shard 0 checks: the channel exists, and the author may act on it. */
export function admitChannelMessage(message: ChannelMessage, context: MergeContext): Verdict {
  const channel = context.state.channels.find(message.body.channelId);
  if (channel === undefined) return invalid("no such channel");
  if (!mayAct(message, channel, context.state)) {
    return invalid(`fid ${message.fid} may not change channel ${channel.channelKey}`);
  }
  return mergeChannelMessage(message, context);
}

/** The slot of a membership. */
export function memberSlot(channelId: Uint8Array, fid: bigint): string {
  return `${hex(channelId)}/${fid}`;
}

/** Whether a fid owns a channel: its custody or a verified address is the owner's. */
export function ownsChannel(state: ShardState, fid: bigint, { ownerAddress }: Channel): boolean {
  const custody = state.onChain.findCustody(fid);
  if (custody !== undefined && compareBytes(custodyAddress(custody), ownerAddress) === 0) {
    return true;
  }
  const row = state.stores.verifications.find(fid, hex(ownerAddress));
  const message = row === undefined ? undefined : readRow(row);
  return message?.type === "verificationAdd" && message.body.protocol === Protocol.ETHEREUM;
}

function channelSlot(message: ChannelMessage): string {
  const channelId = hex(message.body.channelId);
  switch (message.type) {
    case "channelUpdate":
    case "channelPin":
      return channelId;
    case "channelMember":
      return memberSlot(message.body.channelId, message.body.fid);
    case "channelModerate":
      return `${channelId}/${hex(message.body.castHash)}`;
    default:
      message satisfies never;
      return channelId;
  }
}

function mayAct(message: ChannelMessage, channel: Channel, state: ShardState): boolean {
  if (ownsChannel(state, message.fid, channel)) return true;
  return message.type !== "channelUpdate" && isModerator(message, state);
}

function isModerator(message: TypedMessage & ChannelMessage, state: ShardState): boolean {
  const slot = memberSlot(message.body.channelId, message.fid);
  const row = state.stores.channelMembers.find(message.fid, slot);
  const member = row === undefined ? undefined : readRow(row);
  return (
    member?.type === "channelMember" && member.body.action === ChannelMemberAction.ADD_MODERATOR
  );
}
