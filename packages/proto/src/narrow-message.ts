import { readCanonicalData } from "./canonical/read-canonical-data.ts";
import { readOtherCast } from "./canonical/read-other-cast.ts";
import type { Message } from "./gen/message.ts";
import { MessageData } from "./gen/message.ts";
import { hashedBytes } from "./raw-envelope.ts";
import type {
  MessageKind,
  TypedMessage,
  UnreadableMessage,
  UnreadableReason,
} from "./typed-message.ts";
import { MESSAGE_WIRE_TYPES } from "./typed-message.ts";

const KIND_BY_NUMBER: readonly (MessageKind | undefined)[] = indexByNumber();

function indexByNumber(): (MessageKind | undefined)[] {
  const kinds: (MessageKind | undefined)[] = [];
  // Safety: Object.keys returns exactly the keys of the mapped type.
  for (const kind of Object.keys(MESSAGE_WIRE_TYPES) as MessageKind[]) {
    kinds[MESSAGE_WIRE_TYPES[kind].messageType] = kind;
  }
  return kinds;
}

/** The message type that a `MessageType` number stands for, if this version knows it. */
export function findMessageKind(messageType: number): MessageKind | undefined {
  return KIND_BY_NUMBER[messageType];
}

/**
 * Decodes a message from the bytes its hash covers and narrows it to its type.
 *
 * Never throws: what cannot be read comes back as an {@link UnreadableMessage} that says why, with
 * the bytes. Unknown enum values inside a body and unknown fields are kept.
 */
export function narrowMessage(envelope: Message): TypedMessage | UnreadableMessage {
  const dataBytes = hashedBytes(envelope);
  const canonical = readCanonicalData(dataBytes);
  if (canonical !== undefined) {
    const { type, fid, timestamp, network, body } = canonical;
    const isCanonical = true;
    // Safety: type and body are of one member of the union.
    return {
      type,
      fid,
      timestamp,
      network,
      body,
      isCanonical,
      dataBytes,
      envelope,
    } as TypedMessage;
  }
  const cast = readOtherCast(dataBytes);
  if (cast !== undefined) {
    const { fid, timestamp, network, body } = cast;
    const [type, isCanonical] = ["castAdd", false] as const;
    return { type, fid, timestamp, network, body, isCanonical, dataBytes, envelope };
  }
  return decodeMessage(envelope, dataBytes);
}

/** The way that every message can go. */
function decodeMessage(envelope: Message, dataBytes: Uint8Array): TypedMessage | UnreadableMessage {
  const data = decodeData(dataBytes);
  if (data === undefined) return { type: "unreadable", reason: "undecodable", dataBytes, envelope };
  const kind = findMessageKind(data.type);
  if (kind === undefined) return unreadable("unknown_type", data, envelope);
  if (data.body === undefined || data.body.$case !== MESSAGE_WIRE_TYPES[kind].bodyCase) {
    return unreadable("body_mismatch", data, envelope);
  }
  // Safety: the case was just compared with the one that MESSAGE_WIRE_TYPES gives for this kind.
  return {
    type: kind,
    fid: data.fid,
    timestamp: data.timestamp,
    network: data.network,
    body: data.body.value,
    isCanonical: undefined,
    dataBytes,
    envelope,
  } as TypedMessage;
}

function decodeData(bytes: Uint8Array): MessageData | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return MessageData.decode(bytes);
  } catch {
    // The decoder throws plain errors for truncated or malformed input; the outcome says it.
    return undefined;
  }
}

function unreadable(
  reason: UnreadableReason,
  data: MessageData,
  envelope: Message,
): UnreadableMessage {
  return {
    type: "unreadable",
    reason,
    fid: data.fid,
    messageType: data.type,
    timestamp: data.timestamp,
    dataBytes: hashedBytes(envelope),
    envelope,
  };
}
