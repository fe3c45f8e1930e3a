// Builders of messages as a node sends them: every field there, hash and signature arbitrary.
import type { Message, MessageBodies, MessageKind } from "@snaprag/proto";
import {
  FarcasterNetwork,
  HashScheme,
  MESSAGE_WIRE_TYPES,
  MessageData,
  SignatureScheme,
} from "@snaprag/proto";
import { DEFAULT_BODIES } from "./default-bodies.ts";
import { seededBytes } from "./seeded-bytes.ts";

/** What a built message is besides its body. */
export interface EnvelopeOptions {
  /** A whole number that varies whatever is not given. @default 0 */
  readonly seed?: number | undefined;
  /** The author. @default 1n */
  readonly fid?: bigint | undefined;
  /** Farcaster seconds. @default 100_000_000 (2024-03-03T09:46:40Z) */
  readonly timestamp?: number | undefined;
  /** `FarcasterNetwork` number. @default FarcasterNetwork.MAINNET */
  readonly network?: number | undefined;
  /** @default 20 bytes made from the data: equal data have equal hashes, others do not */
  readonly hash?: Uint8Array | undefined;
}

/** What a built message is, body and all. */
export interface MessageOptions<Kind extends MessageKind> extends EnvelopeOptions {
  /** Fields of the body that matter; the others have values of their own. */
  readonly body?: Partial<MessageBodies[Kind]> | undefined;
}

/**
 * A message of a type. Same arguments, same message.
 *
 * Only `data` is set, not `dataBytes`. Signer, signature and hash have their lengths but are not
 * real: nothing that verifies would accept them.
 */
export function aMessage<Kind extends MessageKind>(
  kind: Kind,
  options: MessageOptions<Kind> = {},
): Message {
  const { seed = 0, fid = 1n, timestamp = 100_000_000, body } = options;
  const { network = FarcasterNetwork.MAINNET } = options;
  const { messageType, bodyCase } = MESSAGE_WIRE_TYPES[kind];
  const value: MessageBodies[Kind] = { ...DEFAULT_BODIES[kind](seed, fid), ...body };
  // Safety: the case belongs to the kind, as the default body does; any number may be a network.
  const data = MessageData.encode({
    type: messageType,
    fid,
    timestamp,
    network,
    body: { $case: bodyCase, value },
  } as MessageData).finish();
  const { hash = seededBytes(data, 20) } = options;
  return {
    data,
    hash,
    hashScheme: HashScheme.BLAKE3,
    signature: seededBytes(hash, 64),
    signatureScheme: SignatureScheme.ED25519,
    signer: seededBytes(`signer ${fid}`, 32),
    dataBytes: undefined,
  };
}

/** Builds messages of one type: what the body says, then what is around it. */
export type MessageBuilder<Kind extends MessageKind> = (
  body?: Partial<MessageBodies[Kind]>,
  envelope?: EnvelopeOptions,
) => Message;

/** {@link aMessage} of one type, its body first. */
function builderOf<Kind extends MessageKind>(kind: Kind): MessageBuilder<Kind> {
  return (body, envelope) => aMessage(kind, { ...envelope, body });
}

/** A cast; text `gm` and the seed. */
export const aCastAdd: MessageBuilder<"castAdd"> = builderOf("castAdd");
/** A cast's removal; give it the cast's hash as `targetHash`. */
export const aCastRemove: MessageBuilder<"castRemove"> = builderOf("castRemove");
/** A like of a cast. */
export const aReactionAdd: MessageBuilder<"reactionAdd"> = builderOf("reactionAdd");
/** The removal of {@link aReactionAdd} with the same seed. */
export const aReactionRemove: MessageBuilder<"reactionRemove"> = builderOf("reactionRemove");
/** A follow of fid 1000 plus the seed. */
export const aLinkAdd: MessageBuilder<"linkAdd"> = builderOf("linkAdd");
/** The removal of {@link aLinkAdd} with the same seed. */
export const aLinkRemove: MessageBuilder<"linkRemove"> = builderOf("linkRemove");
/** A compact state that keeps the follow of fid 1000 plus the seed. */
export const aLinkCompactState: MessageBuilder<"linkCompactState"> = builderOf("linkCompactState");
/** An Ethereum address verified. */
export const aVerificationAdd: MessageBuilder<"verificationAdd"> = builderOf("verificationAdd");
/** The removal of {@link aVerificationAdd} with the same seed. */
export const aVerificationRemove: MessageBuilder<"verificationRemove"> =
  builderOf("verificationRemove");
/** A profile field; a bio unless `type` says otherwise. */
export const aUserDataAdd: MessageBuilder<"userDataAdd"> = builderOf("userDataAdd");
/** The author's ENS name. */
export const aUsernameProof: MessageBuilder<"usernameProof"> = builderOf("usernameProof");
/** A button pressed in a frame. */
export const aFrameAction: MessageBuilder<"frameAction"> = builderOf("frameAction");
/** One storage unit lent to fid 1000 plus the seed. */
export const aLendStorage: MessageBuilder<"lendStorage"> = builderOf("lendStorage");
/** A gasless key. */
export const aKeyAdd: MessageBuilder<"keyAdd"> = builderOf("keyAdd");
/** The removal of {@link aKeyAdd} with the same seed. */
export const aKeyRemove: MessageBuilder<"keyRemove"> = builderOf("keyRemove");
/** A channel's configuration. */
export const aChannelUpdate: MessageBuilder<"channelUpdate"> = builderOf("channelUpdate");
/** A member added to a channel. */
export const aChannelMember: MessageBuilder<"channelMember"> = builderOf("channelMember");
/** A cast pinned in a channel. */
export const aChannelPin: MessageBuilder<"channelPin"> = builderOf("channelPin");
/** A cast hidden in a channel. */
export const aChannelModerate: MessageBuilder<"channelModerate"> = builderOf("channelModerate");
