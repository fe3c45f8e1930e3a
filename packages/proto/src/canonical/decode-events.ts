// Following decodes nothing but events, and nearly all of them bring messages in the one form in
// which a node writes them. These are read here; every other event, and an answer with anything else
// in it, goes to the generated decoder.
import type { HubEvent } from "../gen/hub_event.ts";
import { HubEvent as HubEventCodec } from "../gen/hub_event.ts";
import type { Message } from "../gen/message.ts";
import { EventsResponse } from "../gen/request_response.ts";
import { HubServiceDefinition as Generated } from "../gen/rpc.ts";
import type { CanonicalCursor } from "./canonical-cursor.ts";
import {
  createCanonicalCursor,
  readBytes,
  readEnd,
  readEnum,
  readInteger,
  readUint32,
  takeTag,
} from "./canonical-cursor.ts";
import { decodePart, readMessage } from "./decode-page.ts";

const MERGE_MESSAGE_TAG = 26;
const PRUNE_MESSAGE_TAG = 34;
const REVOKE_MESSAGE_TAG = 42;

function readMergeMessage(cursor: CanonicalCursor) {
  const end = readEnd(cursor);
  const message = takeTag(cursor, 10) ? readMessage(cursor) : undefined;
  const deletedMessages: Message[] = [];
  while (takeTag(cursor, 18) && cursor.isCanonical) deletedMessages.push(readMessage(cursor));
  if (cursor.at !== end) cursor.isCanonical = false;
  return { message, deletedMessages };
}

function readEndedMessage(cursor: CanonicalCursor) {
  const end = readEnd(cursor);
  const message = takeTag(cursor, 10) ? readMessage(cursor) : undefined;
  if (cursor.at !== end) cursor.isCanonical = false;
  return { message };
}

/** A body with messages; undefined for every other. */
function readBody(cursor: CanonicalCursor): HubEvent["body"] {
  if (takeTag(cursor, MERGE_MESSAGE_TAG)) {
    return { $case: "mergeMessageBody", value: readMergeMessage(cursor) };
  }
  if (takeTag(cursor, PRUNE_MESSAGE_TAG)) {
    return { $case: "pruneMessageBody", value: readEndedMessage(cursor) };
  }
  if (takeTag(cursor, REVOKE_MESSAGE_TAG)) {
    return { $case: "revokeMessageBody", value: readEndedMessage(cursor) };
  }
  return undefined;
}

function readOptionalInteger(cursor: CanonicalCursor, tag: number): bigint {
  return takeTag(cursor, tag) ? BigInt(readInteger(cursor)) : 0n;
}

/** An event with messages; anything else is not read to its end. */
function readMessageEvent(cursor: CanonicalCursor, end: number): HubEvent {
  // Safety: an enum holds the number that was on the wire, known to this version or not.
  const type = (takeTag(cursor, 8) ? readEnum(cursor) : 0) as HubEvent["type"];
  const id = readOptionalInteger(cursor, 16);
  const body = readBody(cursor);
  if (body === undefined) cursor.isCanonical = false;
  const blockNumber = readOptionalInteger(cursor, 96);
  const shardIndex = takeTag(cursor, 112) ? readUint32(cursor) : 0;
  const timestamp = readOptionalInteger(cursor, 120);
  if (cursor.at !== end) cursor.isCanonical = false;
  return { type, id, body, blockNumber, shardIndex, timestamp };
}

/** What the generated decoder makes of an event of whatever form. */
function readEvent(cursor: CanonicalCursor): HubEvent | undefined {
  const end = readEnd(cursor);
  if (!cursor.isCanonical) return undefined;
  const start = cursor.at;
  const event = readMessageEvent(cursor, end);
  if (cursor.isCanonical) return event;
  cursor.at = end;
  cursor.isCanonical = true;
  return decodePart(cursor, cursor.bytes.subarray(start, end), HubEventCodec);
}

/** An answer as nodes write it; undefined when it is of any other form. */
function readEvents(bytes: Uint8Array): EventsResponse | undefined {
  const cursor = createCanonicalCursor(bytes);
  const events: HubEvent[] = [];
  while (takeTag(cursor, 10) && cursor.isCanonical) {
    const event = readEvent(cursor);
    if (event) events.push(event);
  }
  const nextPageToken = takeTag(cursor, 18) ? readBytes(cursor) : undefined;
  const isWhole = cursor.isCanonical && cursor.at === bytes.length;
  return isWhole ? { events, nextPageToken } : undefined;
}

function decodeEvents(bytes: Uint8Array): EventsResponse {
  try {
    const answer = readEvents(bytes);
    if (answer) return answer;
  } catch {
    // A part by itself may be refused where the whole is not: what is wrong is for one to say.
  }
  return EventsResponse.decode(bytes);
}

function decodeEvent(bytes: Uint8Array): HubEvent {
  const cursor = createCanonicalCursor(bytes);
  const event = readMessageEvent(cursor, bytes.length);
  return cursor.isCanonical ? event : HubEventCodec.decode(bytes);
}

/** The hub service, with the decoders of events in place of the generated ones. */
export const HubServiceDefinition: typeof Generated = {
  ...Generated,
  methods: {
    ...Generated.methods,
    getEvents: {
      ...Generated.methods.getEvents,
      responseType: {
        ...EventsResponse,
        decode: (input, length) =>
          input instanceof Uint8Array && length === undefined
            ? decodeEvents(input)
            : EventsResponse.decode(input, length),
      },
    },
    subscribe: {
      ...Generated.methods.subscribe,
      responseType: {
        ...HubEventCodec,
        decode: (input, length) =>
          input instanceof Uint8Array && length === undefined
            ? decodeEvent(input)
            : HubEventCodec.decode(input, length),
      },
    },
  },
};
