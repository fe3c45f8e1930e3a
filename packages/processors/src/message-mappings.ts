// Every message type with the relation it is stored in and how its body becomes columns and back.
import type { MessageBodies, MessageKind } from "@snaprag/proto";
import type { MessageTableName, MessageTableRows } from "./change.ts";
import * as casts from "./messages/casts.ts";
import * as channels from "./messages/channels.ts";
import * as frames from "./messages/frame-actions.ts";
import * as keys from "./messages/keys-and-storage.ts";
import * as links from "./messages/links.ts";
import type { MessageRow } from "./messages/message-row.ts";
import * as profiles from "./messages/profiles.ts";
import * as reactions from "./messages/reactions.ts";

/** The relation of each message type. */
export interface TableOfKind {
  readonly castAdd: "casts";
  readonly castRemove: "cast_removes";
  readonly reactionAdd: "reactions";
  readonly reactionRemove: "reaction_removes";
  readonly linkAdd: "links";
  readonly linkRemove: "link_removes";
  readonly linkCompactState: "link_compact_states";
  readonly verificationAdd: "verifications";
  readonly verificationRemove: "verification_removes";
  readonly userDataAdd: "user_data_changes";
  readonly usernameProof: "username_proofs";
  readonly frameAction: "frame_actions";
  readonly lendStorage: "storage_lends";
  readonly keyAdd: "signer_keys";
  readonly keyRemove: "signer_key_removes";
  readonly channelUpdate: "channel_updates";
  readonly channelMember: "channel_members";
  readonly channelPin: "channel_pins";
  readonly channelModerate: "channel_moderations";
}

/** The row that a message of a type becomes. */
export type RowOfKind<Kind extends MessageKind> = MessageTableRows[TableOfKind[Kind]];

/** How a message type is stored. `toColumns` and `toBody` are pure, and inverse but for text. */
export interface MessageMapping<Kind extends MessageKind> {
  readonly table: TableOfKind[Kind];
  readonly toColumns: (body: MessageBodies[Kind]) => Omit<RowOfKind<Kind>, keyof MessageRow>;
  readonly toBody: (columns: Omit<RowOfKind<Kind>, keyof MessageRow>) => MessageBodies[Kind];
  /** Whether no text had to be changed for columns, of the types that most messages have. */
  readonly keepsTexts?: (
    body: MessageBodies[Kind],
    columns: Omit<RowOfKind<Kind>, keyof MessageRow>,
  ) => boolean;
}

const reaction = {
  toColumns: reactions.toReactionColumns,
  toBody: reactions.fromReactionColumns,
  keepsTexts: reactions.keepsReactionTexts,
};
const link = {
  toColumns: links.toLinkColumns,
  toBody: links.fromLinkColumns,
  keepsTexts: links.keepsLinkTexts,
};

/** The mapping of every message type; a missing one does not compile. */
export const MESSAGE_MAPPINGS: { readonly [Kind in MessageKind]: MessageMapping<Kind> } = {
  castAdd: {
    table: "casts",
    toColumns: casts.toCastColumns,
    toBody: casts.fromCastColumns,
    keepsTexts: casts.keepsCastTexts,
  },
  castRemove: {
    table: "cast_removes",
    toColumns: casts.toCastRemoveColumns,
    toBody: casts.fromCastRemoveColumns,
  },
  reactionAdd: { table: "reactions", ...reaction },
  reactionRemove: { table: "reaction_removes", ...reaction },
  linkAdd: { table: "links", ...link },
  linkRemove: { table: "link_removes", ...link },
  linkCompactState: {
    table: "link_compact_states",
    toColumns: links.toLinkCompactStateColumns,
    toBody: links.fromLinkCompactStateColumns,
  },
  verificationAdd: {
    table: "verifications",
    toColumns: profiles.toVerificationColumns,
    toBody: profiles.fromVerificationColumns,
  },
  verificationRemove: {
    table: "verification_removes",
    toColumns: profiles.toVerificationRemoveColumns,
    toBody: profiles.fromVerificationRemoveColumns,
  },
  userDataAdd: {
    table: "user_data_changes",
    toColumns: profiles.toUserDataColumns,
    toBody: profiles.fromUserDataColumns,
  },
  usernameProof: {
    table: "username_proofs",
    toColumns: profiles.toUsernameProofColumns,
    toBody: profiles.fromUsernameProofColumns,
  },
  frameAction: {
    table: "frame_actions",
    toColumns: frames.toFrameActionColumns,
    toBody: frames.fromFrameActionColumns,
  },
  lendStorage: {
    table: "storage_lends",
    toColumns: keys.toStorageLendColumns,
    toBody: keys.fromStorageLendColumns,
  },
  keyAdd: {
    table: "signer_keys",
    toColumns: keys.toSignerKeyColumns,
    toBody: keys.fromSignerKeyColumns,
  },
  keyRemove: {
    table: "signer_key_removes",
    toColumns: keys.toSignerKeyRemoveColumns,
    toBody: keys.fromSignerKeyRemoveColumns,
  },
  channelUpdate: {
    table: "channel_updates",
    toColumns: channels.toChannelUpdateColumns,
    toBody: channels.fromChannelUpdateColumns,
  },
  channelMember: {
    table: "channel_members",
    toColumns: channels.toChannelMemberColumns,
    toBody: channels.fromChannelMemberColumns,
  },
  channelPin: {
    table: "channel_pins",
    toColumns: channels.toChannelPinColumns,
    toBody: channels.fromChannelPinColumns,
  },
  channelModerate: {
    table: "channel_moderations",
    toColumns: channels.toChannelModerationColumns,
    toBody: channels.fromChannelModerationColumns,
  },
};

// Safety: Object.keys returns exactly the keys of the mapped type.
const KINDS = Object.keys(MESSAGE_MAPPINGS) as MessageKind[];

/** The message type that a relation holds. */
export const KIND_OF_TABLE: { readonly [Table in MessageTableName]: MessageKind } =
  // Safety: TableOfKind is one to one, so every table appears once.
  Object.fromEntries(KINDS.map((kind) => [MESSAGE_MAPPINGS[kind].table, kind])) as {
    [Table in MessageTableName]: MessageKind;
  };
