import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import type { Message, MessageBodies, MessageKind } from "@snaprag/proto";
import {
  FarcasterNetwork,
  HashScheme,
  MESSAGE_WIRE_TYPES,
  MessageData,
  SignatureScheme,
} from "@snaprag/proto";
import type { KeyPair } from "../../engine/ed25519.ts";
import { createKeyPair } from "../../engine/ed25519.ts";

/** An Ed25519 key that signs messages; a fid's messages count only once it is registered. */
export type MessageSigner = KeyPair;

/** What a message says. */
export interface MessageDraft<Kind extends MessageKind> {
  readonly type: Kind;
  readonly fid: bigint;
  /** Farcaster seconds. */
  readonly timestamp: number;
  readonly body: MessageBodies[Kind];
  readonly signer: MessageSigner;
  /**
   * Carries `data_bytes` beside `data`, in the encoding of the usual client libraries, which for
   * casts is not the node's own. The hash covers `data_bytes` then.
   *
   * @default false
   */
  readonly withDataBytes?: boolean | undefined;
}

/** First 20 bytes of BLAKE3. */
export type Hash20 = (bytes: Uint8Array) => Uint8Array;

/** Field 2 of CastAddBody, `mentions`, as a length-delimited field. */
const MENTIONS_TAG = (2 << 3) | 2;
/** Field 5 of CastAddBody, `mentions_positions`. */
const MENTIONS_POSITIONS_TAG = (5 << 3) | 2;
const EMPTY_FIELD = Uint8Array.of(0);

/** The signer of a seed: the same seed gives the same key, on every machine. */
export function createSigner(seed: string | Uint8Array): MessageSigner {
  return createKeyPair(createHash("sha256").update(seed).digest());
}

/** Encodes, hashes and signs a message for devnet. The same draft gives the same bytes. */
export function buildMessage<Kind extends MessageKind>(draft: MessageDraft<Kind>): Message {
  return signDraft(draft, (bytes) => blake3(bytes, { dkLen: 20 }));
}

/** {@link buildMessage} with a hash function of the caller's choice. */
export function signDraft<Kind extends MessageKind>(
  draft: MessageDraft<Kind>,
  hash20: Hash20,
): Message {
  const data = encodeData(draft, draft.body);
  const dataBytes = draft.withDataBytes ? encodeData(draft, asClientsWrite(draft)) : undefined;
  const hash = hash20(dataBytes ?? data);
  return {
    data,
    hash,
    hashScheme: HashScheme.BLAKE3,
    signature: draft.signer.sign(hash),
    signatureScheme: SignatureScheme.ED25519,
    signer: draft.signer.publicKey,
    dataBytes,
  };
}

function encodeData<Kind extends MessageKind>(
  { type, fid, timestamp }: MessageDraft<Kind>,
  value: MessageBodies[Kind],
): Uint8Array {
  const { messageType, bodyCase } = MESSAGE_WIRE_TYPES[type];
  // Safety: MESSAGE_WIRE_TYPES pairs each kind with the case of its own body.
  const body = { $case: bodyCase, value } as MessageData["body"];
  const network = FarcasterNetwork.DEVNET;
  return MessageData.encode({ type: messageType, fid, timestamp, network, body }).finish();
}

/**
 * The body with what client libraries add to it: they write the packed fields of a cast even when
 * they are empty. Receivers that encode the data again get other bytes, and so another hash.
 */
function asClientsWrite<Kind extends MessageKind>({
  body,
}: MessageDraft<Kind>): MessageBodies[Kind] {
  if (!("mentions" in body) || body.mentions.length > 0) return body;
  const empty = { [MENTIONS_TAG]: [EMPTY_FIELD], [MENTIONS_POSITIONS_TAG]: [EMPTY_FIELD] };
  return { ...body, _unknownFields: empty };
}
