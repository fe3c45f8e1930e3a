import type {
  ChannelMemberBody,
  ChannelModerateBody,
  ChannelPinBody,
  ChannelUpdateBody,
} from "@snaprag/proto";
import type { MessageRow } from "./message-row.ts";
import { storableText } from "./text.ts";

/** What a ChannelUpdate says: the channel's whole configuration, absent meaning unset. */
export interface ChannelUpdateColumns {
  /** keccak256 of the channel's name, 32 bytes. */
  readonly channel_id: Uint8Array;
  readonly name: string | null;
  readonly description: string | null;
  readonly image_url: string | null;
  readonly header: string | null;
  readonly rules: string | null;
  /** `CastingMode` number. */
  readonly casting_mode: number | null;
  /** `MembershipMode` number. */
  readonly membership_mode: number | null;
}

/** A row of `channel_updates`. */
export interface ChannelUpdateRow extends MessageRow, ChannelUpdateColumns {}

/** What a ChannelMember says: one action on one member. */
export interface ChannelMemberColumns {
  readonly channel_id: Uint8Array;
  readonly member_fid: bigint;
  /** `ChannelMemberAction` number: 1 and 2 member, 3 and 4 moderator, 5 ban, 6 unban. */
  readonly action: number;
}

/** A row of `channel_members`. */
export interface ChannelMemberRow extends MessageRow, ChannelMemberColumns {}

/** What a ChannelPin says. An empty `cast_hash` unpins. */
export interface ChannelPinColumns {
  readonly channel_id: Uint8Array;
  readonly cast_hash: Uint8Array;
}

/** A row of `channel_pins`. */
export interface ChannelPinRow extends MessageRow, ChannelPinColumns {}

/** What a ChannelModerate says. */
export interface ChannelModerationColumns {
  readonly channel_id: Uint8Array;
  readonly cast_hash: Uint8Array;
  /** `ChannelModerateAction` number: 1 hide, 2 unhide. */
  readonly action: number;
}

/** A row of `channel_moderations`. */
export interface ChannelModerationRow extends MessageRow, ChannelModerationColumns {}

function optionalText(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text);
}

/** Columns of a ChannelUpdate. */
export function toChannelUpdateColumns(body: ChannelUpdateBody): ChannelUpdateColumns {
  return {
    channel_id: body.channelId,
    name: optionalText(body.name),
    description: optionalText(body.description),
    image_url: optionalText(body.imageUrl),
    header: optionalText(body.header),
    rules: optionalText(body.rules),
    casting_mode: body.castingMode ?? null,
    membership_mode: body.membershipMode ?? null,
  };
}

/** The inverse of {@link toChannelUpdateColumns}. */
export function fromChannelUpdateColumns(row: ChannelUpdateColumns): ChannelUpdateBody {
  return {
    channelId: row.channel_id,
    name: row.name ?? undefined,
    description: row.description ?? undefined,
    imageUrl: row.image_url ?? undefined,
    header: row.header ?? undefined,
    rules: row.rules ?? undefined,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    castingMode: (row.casting_mode ?? undefined) as ChannelUpdateBody["castingMode"],
    // Safety: as above.
    membershipMode: (row.membership_mode ?? undefined) as ChannelUpdateBody["membershipMode"],
  };
}

/** Columns of a ChannelMember. */
export function toChannelMemberColumns(body: ChannelMemberBody): ChannelMemberColumns {
  return { channel_id: body.channelId, member_fid: body.fid, action: body.action };
}

/** The inverse of {@link toChannelMemberColumns}. */
export function fromChannelMemberColumns(row: ChannelMemberColumns): ChannelMemberBody {
  return {
    channelId: row.channel_id,
    fid: row.member_fid,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    action: row.action as ChannelMemberBody["action"],
  };
}

/** Columns of a ChannelPin. */
export function toChannelPinColumns(body: ChannelPinBody): ChannelPinColumns {
  return { channel_id: body.channelId, cast_hash: body.castHash };
}

/** The inverse of {@link toChannelPinColumns}. */
export function fromChannelPinColumns(row: ChannelPinColumns): ChannelPinBody {
  return { channelId: row.channel_id, castHash: row.cast_hash };
}

/** Columns of a ChannelModerate. */
export function toChannelModerationColumns(body: ChannelModerateBody): ChannelModerationColumns {
  return { channel_id: body.channelId, cast_hash: body.castHash, action: body.action };
}

/** The inverse of {@link toChannelModerationColumns}. */
export function fromChannelModerationColumns(row: ChannelModerationColumns): ChannelModerateBody {
  return {
    channelId: row.channel_id,
    castHash: row.cast_hash,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    action: row.action as ChannelModerateBody["action"],
  };
}
