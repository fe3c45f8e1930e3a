// What the protocol's messages come in, and how quarantine keeps those that cannot be processed.
import type { HubEvent, Message, ShardTrieEntryWithMessage } from "@snaprag/proto";
import {
  ShardTrieEntryWithMessage as EntryCodec,
  HubEvent as EventCodec,
  MESSAGE_WIRE_TYPES,
  Message as MessageCodec,
  narrowMessage,
} from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";

/** What brought messages, whole: quarantine keeps all of it, so that a replay lacks nothing. */
export type Carrier =
  | { readonly kind: "event"; readonly event: HubEvent }
  | { readonly kind: "entry"; readonly entry: ShardTrieEntryWithMessage }
  | { readonly kind: "message"; readonly message: Message };

/** Where a carrier was found. */
export interface CarrierPlace {
  readonly shardId: number;
  /** Position of the event or snapshot. */
  readonly eventId: bigint;
  /** Time of that position's block. */
  readonly at: Date;
}

/** Why a carrier cannot be processed, and what of it that is about. */
export interface CarrierFault {
  /** Stable code. */
  readonly reason: string;
  /** The message at fault; without one, it is the carrier as a whole. */
  readonly message?: Message | undefined;
}

function isPresent(message: Message | undefined): message is Message {
  return message !== undefined;
}

function messagesOfEvent({ body }: HubEvent): readonly Message[] {
  switch (body?.$case) {
    case "mergeMessageBody":
      return [body.value.message, ...body.value.deletedMessages].filter(isPresent);
    case "pruneMessageBody":
    case "revokeMessageBody":
      return [body.value.message].filter(isPresent);
    case "mergeUsernameProofBody":
      return [body.value.usernameProofMessage, body.value.deletedUsernameProofMessage].filter(
        isPresent,
      );
    default:
      return [];
  }
}

/** The messages among the entries of a snapshot. */
export function messagesOfEntries(
  entries: readonly ShardTrieEntryWithMessage[],
): readonly Message[] {
  const messages: Message[] = [];
  for (const { trieMessage } of entries) {
    if (trieMessage?.$case === "userMessage") messages.push(trieMessage.value);
  }
  return messages;
}

/** Every message that a carrier asks to be merged or ended. */
export function messagesOf(carrier: Carrier): readonly Message[] {
  if (carrier.kind === "message") return [carrier.message];
  if (carrier.kind === "event") return messagesOfEvent(carrier.event);
  const { trieMessage } = carrier.entry;
  return trieMessage?.$case === "userMessage" ? [trieMessage.value] : [];
}

function eventWithout(event: HubEvent, isLeftOut: (message: Message) => boolean): HubEvent {
  const keep = (message: Message | undefined) =>
    message !== undefined && !isLeftOut(message) ? message : undefined;
  const { body } = event;
  if (body?.$case === "mergeMessageBody") {
    const message = keep(body.value.message);
    const deletedMessages = body.value.deletedMessages.filter((deleted) => !isLeftOut(deleted));
    return { ...event, body: { $case: body.$case, value: { message, deletedMessages } } };
  }
  if (body?.$case === "mergeUsernameProofBody") {
    const usernameProofMessage = keep(body.value.usernameProofMessage);
    const deletedUsernameProofMessage = keep(body.value.deletedUsernameProofMessage);
    const value = { ...body.value, usernameProofMessage, deletedUsernameProofMessage };
    return { ...event, body: { $case: body.$case, value } };
  }
  return { ...event, body: undefined };
}

/** What is left of a carrier without some of its messages; only events have anything left. */
export function carrierWithout(
  carrier: Carrier,
  messages: ReadonlySet<Message>,
): Carrier | undefined {
  if (carrier.kind !== "event") return undefined;
  return { kind: "event", event: eventWithout(carrier.event, (each) => messages.has(each)) };
}

function encodeCarrier(carrier: Carrier): Uint8Array {
  switch (carrier.kind) {
    case "event":
      return EventCodec.encode(carrier.event).finish();
    case "entry":
      return EntryCodec.encode(carrier.entry).finish();
    case "message":
      return MessageCodec.encode(carrier.message).finish();
    default:
      return carrier satisfies never;
  }
}

type Identity = Pick<QuarantinedMessage, "fid" | "messageType" | "hash">;

/** What can be read of what is at fault. An event without a message has no name of its own. */
function identify(carrier: Carrier, message: Message | undefined): Identity {
  if (message === undefined) {
    const hash = carrier.kind === "entry" ? carrier.entry.trieKey : new Uint8Array();
    return { fid: null, messageType: null, hash };
  }
  const narrowed = narrowMessage(message);
  const messageType =
    narrowed.type === "unreadable"
      ? narrowed.messageType
      : MESSAGE_WIRE_TYPES[narrowed.type].messageType;
  return { fid: narrowed.fid ?? null, messageType: messageType ?? null, hash: message.hash };
}

/** A carrier with a fault as quarantine keeps it. */
export function toQuarantined(
  carrier: Carrier,
  { shardId, eventId, at }: CarrierPlace,
  { reason, message }: CarrierFault,
): QuarantinedMessage {
  return {
    shardId,
    eventId,
    at,
    ...identify(carrier, message),
    rawKind: carrier.kind,
    raw: encodeCarrier(carrier),
    retireReason: null,
    reason,
    detail: null,
  };
}
