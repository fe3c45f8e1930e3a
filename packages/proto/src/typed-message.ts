// Messages whose `type` and body are known to agree: one member for each of the 19 message types.
import type {
  CastAddBody,
  CastRemoveBody,
  ChannelMemberBody,
  ChannelModerateBody,
  ChannelPinBody,
  ChannelUpdateBody,
  FrameActionBody,
  KeyAddBody,
  KeyRemoveBody,
  LendStorageBody,
  LinkBody,
  LinkCompactStateBody,
  Message,
  MessageData,
  ReactionBody,
  UserDataBody,
  VerificationAddAddressBody,
  VerificationRemoveBody,
} from "./gen/message.ts";
import { MessageType } from "./gen/message.ts";
import type { UserNameProof } from "./gen/username_proof.ts";

/** The body that belongs to each message type. Add a type here and every table over it must follow. */
export interface MessageBodies {
  readonly castAdd: CastAddBody;
  readonly castRemove: CastRemoveBody;
  readonly reactionAdd: ReactionBody;
  readonly reactionRemove: ReactionBody;
  readonly linkAdd: LinkBody;
  readonly linkRemove: LinkBody;
  readonly linkCompactState: LinkCompactStateBody;
  readonly verificationAdd: VerificationAddAddressBody;
  readonly verificationRemove: VerificationRemoveBody;
  readonly userDataAdd: UserDataBody;
  readonly usernameProof: UserNameProof;
  readonly frameAction: FrameActionBody;
  readonly lendStorage: LendStorageBody;
  readonly keyAdd: KeyAddBody;
  readonly keyRemove: KeyRemoveBody;
  readonly channelUpdate: ChannelUpdateBody;
  readonly channelMember: ChannelMemberBody;
  readonly channelPin: ChannelPinBody;
  readonly channelModerate: ChannelModerateBody;
}

/** Name of a message type, such as `castAdd`. */
export type MessageKind = keyof MessageBodies;

type BodyCase = NonNullable<MessageData["body"]>["$case"];

/** How a message type is written on the wire: its number and the `MessageData.body` case it fills. */
export interface MessageWireType {
  readonly messageType: MessageType;
  readonly bodyCase: BodyCase;
}

/** Number and body case of every message type (docs/protocol.md appendix A). */
export const MESSAGE_WIRE_TYPES: { readonly [Kind in MessageKind]: MessageWireType } = {
  castAdd: { messageType: MessageType.CAST_ADD, bodyCase: "castAddBody" },
  castRemove: { messageType: MessageType.CAST_REMOVE, bodyCase: "castRemoveBody" },
  reactionAdd: { messageType: MessageType.REACTION_ADD, bodyCase: "reactionBody" },
  reactionRemove: { messageType: MessageType.REACTION_REMOVE, bodyCase: "reactionBody" },
  linkAdd: { messageType: MessageType.LINK_ADD, bodyCase: "linkBody" },
  linkRemove: { messageType: MessageType.LINK_REMOVE, bodyCase: "linkBody" },
  linkCompactState: {
    messageType: MessageType.LINK_COMPACT_STATE,
    bodyCase: "linkCompactStateBody",
  },
  verificationAdd: {
    messageType: MessageType.VERIFICATION_ADD_ETH_ADDRESS,
    bodyCase: "verificationAddAddressBody",
  },
  verificationRemove: {
    messageType: MessageType.VERIFICATION_REMOVE,
    bodyCase: "verificationRemoveBody",
  },
  userDataAdd: { messageType: MessageType.USER_DATA_ADD, bodyCase: "userDataBody" },
  usernameProof: { messageType: MessageType.USERNAME_PROOF, bodyCase: "usernameProofBody" },
  frameAction: { messageType: MessageType.FRAME_ACTION, bodyCase: "frameActionBody" },
  lendStorage: { messageType: MessageType.LEND_STORAGE, bodyCase: "lendStorageBody" },
  keyAdd: { messageType: MessageType.KEY_ADD, bodyCase: "keyAddBody" },
  keyRemove: { messageType: MessageType.KEY_REMOVE, bodyCase: "keyRemoveBody" },
  channelUpdate: { messageType: MessageType.CHANNEL_UPDATE, bodyCase: "channelUpdateBody" },
  channelMember: { messageType: MessageType.CHANNEL_MEMBER, bodyCase: "channelMemberBody" },
  channelPin: { messageType: MessageType.CHANNEL_PIN, bodyCase: "channelPinBody" },
  channelModerate: { messageType: MessageType.CHANNEL_MODERATE, bodyCase: "channelModerateBody" },
};

/** One message of a known type, its data decoded from exactly the bytes its hash covers. */
export interface TypedMessageOf<Kind extends MessageKind> {
  readonly type: Kind;
  readonly fid: bigint;
  /** Farcaster seconds (since 2021-01-01T00:00:00Z). */
  readonly timestamp: number;
  /** `FarcasterNetwork` number; may be one that this version does not know. */
  readonly network: number;
  readonly body: MessageBodies[Kind];
  /** Whether `dataBytes` are exactly what encoding the rest gives; undefined when that is not known. */
  readonly isCanonical: boolean | undefined;
  /** The bytes the hash covers: an encoded `MessageData`. */
  readonly dataBytes: Uint8Array;
  readonly envelope: Message;
}

/** A message whose type and body agree. Discriminated by `type`. */
export type TypedMessage = { readonly [Kind in MessageKind]: TypedMessageOf<Kind> }[MessageKind];

/**
 * Why a message has no typed form.
 *
 * - `undecodable`: the hashed bytes are not an encoded `MessageData`, or empty.
 * - `unknown_type`: a message type newer than this version.
 * - `body_mismatch`: the body is missing or belongs to another type.
 */
export type UnreadableReason = "undecodable" | "unknown_type" | "body_mismatch";

/** A message that cannot be read as one of the known types; its bytes are all there. */
export interface UnreadableMessage {
  readonly type: "unreadable";
  readonly reason: UnreadableReason;
  /** Present as far as it could be decoded. */
  readonly fid?: bigint | undefined;
  /** `MessageType` number, as far as it could be decoded. */
  readonly messageType?: number | undefined;
  /** Farcaster seconds, as far as it could be decoded. */
  readonly timestamp?: number | undefined;
  /** The bytes the hash covers. */
  readonly dataBytes: Uint8Array;
  readonly envelope: Message;
}
