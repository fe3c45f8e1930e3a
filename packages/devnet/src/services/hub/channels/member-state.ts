import { ChannelMemberAction, ChannelMemberState } from "@snaprag/proto";

const STATES: ReadonlyMap<ChannelMemberAction, ChannelMemberState> = new Map<
  ChannelMemberAction,
  ChannelMemberState
>([
  [ChannelMemberAction.ADD_MEMBER, ChannelMemberState.MEMBER],
  [ChannelMemberAction.REMOVE_MODERATOR, ChannelMemberState.MEMBER],
  [ChannelMemberAction.ADD_MODERATOR, ChannelMemberState.MODERATOR],
  [ChannelMemberAction.REMOVE_MEMBER, ChannelMemberState.REMOVED],
  [ChannelMemberAction.UNBAN, ChannelMemberState.REMOVED],
  [ChannelMemberAction.BAN, ChannelMemberState.BANNED],
]);

/** What the last action leaves a member as (docs/protocol.md 6.9). */
export function toMemberState(action: ChannelMemberAction): ChannelMemberState {
  return STATES.get(action) ?? ChannelMemberState.NONE;
}
