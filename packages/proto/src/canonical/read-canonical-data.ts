// The three bodies that nearly all messages have, decoded and compared with how this package would
// encode them in one go: decoding, encoding and comparing costs four times as much.
//
// Every field has its place in the order of encoding; what is default is left out. Whatever is not
// so, and every other body, is left to the generated decoder.
import type { CastAddBody, CastId, Embed, LinkBody, ReactionBody } from "../gen/message.ts";
import { MessageType } from "../gen/message.ts";
import type { CanonicalCursor } from "./canonical-cursor.ts";
import {
  createCanonicalCursor,
  readBytes,
  readEnd,
  readEnum,
  readInteger,
  readText,
  readUint32,
  takeTag,
} from "./canonical-cursor.ts";

const NO_BYTES = new Uint8Array(0);
export const CAST_BODY_TAG = 42;
const REACTION_BODY_TAG = 58;
const LINK_BODY_TAG = 114;

/** A `MessageData` whose bytes are exactly what encoding it gives. */
export type CanonicalData = {
  readonly fid: bigint;
  readonly timestamp: number;
  readonly network: number;
} & (
  | { readonly type: "castAdd"; readonly body: CastAddBody }
  | { readonly type: "reactionAdd" | "reactionRemove"; readonly body: ReactionBody }
  | { readonly type: "linkAdd" | "linkRemove"; readonly body: LinkBody }
);

/** Nothing of this value is written. */
function expectNot(cursor: CanonicalCursor, isDefault: boolean): void {
  if (isDefault) cursor.isCanonical = false;
}

/** Exactly so many bytes were taken. */
export function expectEnd(cursor: CanonicalCursor, end: number): void {
  if (cursor.at !== end) cursor.isCanonical = false;
}

function readOptionalEnum(cursor: CanonicalCursor, tag: number): number {
  if (!takeTag(cursor, tag)) return 0;
  const value = readEnum(cursor);
  expectNot(cursor, value === 0);
  return value;
}

function readFid(cursor: CanonicalCursor, tag: number): bigint {
  if (!takeTag(cursor, tag)) return 0n;
  const fid = readInteger(cursor);
  expectNot(cursor, fid === 0);
  return BigInt(fid);
}

/** A cast by its author and hash. */
export function readCastId(cursor: CanonicalCursor): CastId {
  const end = readEnd(cursor);
  const fid = readFid(cursor, 8);
  let hash: Uint8Array = NO_BYTES;
  if (takeTag(cursor, 18)) {
    hash = readBytes(cursor);
    expectNot(cursor, hash.length === 0);
  }
  expectEnd(cursor, end);
  return { fid, hash };
}

function readReactionBody(cursor: CanonicalCursor): ReactionBody {
  const end = readEnd(cursor);
  const body: ReactionBody = {
    // Safety: an enum holds the number that was on the wire, known to this version or not.
    type: readOptionalEnum(cursor, 8) as ReactionBody["type"],
    target: undefined,
  };
  if (takeTag(cursor, 18)) body.target = { $case: "targetCastId", value: readCastId(cursor) };
  else if (takeTag(cursor, 26)) body.target = { $case: "targetUrl", value: readText(cursor) };
  expectEnd(cursor, end);
  return body;
}

function readLinkBody(cursor: CanonicalCursor): LinkBody {
  const end = readEnd(cursor);
  let type = "";
  if (takeTag(cursor, 10)) {
    type = readText(cursor);
    expectNot(cursor, type === "");
  }
  const displayTimestamp = takeTag(cursor, 16) ? readUint32(cursor) : undefined;
  const target: LinkBody["target"] = takeTag(cursor, 24)
    ? { $case: "targetFid", value: BigInt(readInteger(cursor)) }
    : undefined;
  expectEnd(cursor, end);
  return { type, displayTimestamp, target };
}

/** Numbers without tags between them; absent when there is none. */
function readPacked(
  cursor: CanonicalCursor,
  tag: number,
  read: (cursor: CanonicalCursor) => number,
): number[] {
  const values: number[] = [];
  if (!takeTag(cursor, tag)) return values;
  const end = readEnd(cursor);
  while (cursor.at < end && cursor.isCanonical) values.push(read(cursor));
  expectEnd(cursor, end);
  expectNot(cursor, values.length === 0);
  return values;
}

/** A URL, a cast, or nothing. */
export function readEmbed(cursor: CanonicalCursor): Embed {
  const end = readEnd(cursor);
  let embed: Embed["embed"];
  if (takeTag(cursor, 10)) embed = { $case: "url", value: readText(cursor) };
  else if (takeTag(cursor, 18)) embed = { $case: "castId", value: readCastId(cursor) };
  expectEnd(cursor, end);
  return { embed };
}

function readParent(cursor: CanonicalCursor): CastAddBody["parent"] {
  if (takeTag(cursor, 26)) return { $case: "parentCastId", value: readCastId(cursor) };
  if (takeTag(cursor, 58)) return { $case: "parentUrl", value: readText(cursor) };
  return undefined;
}

function readCastAddBody(cursor: CanonicalCursor): CastAddBody {
  const end = readEnd(cursor);
  const embedsDeprecated: string[] = [];
  while (takeTag(cursor, 10) && cursor.isCanonical) embedsDeprecated.push(readText(cursor));
  const mentions = readPacked(cursor, 18, readInteger).map(BigInt);
  const parent = readParent(cursor);
  let text = "";
  if (takeTag(cursor, 34)) {
    text = readText(cursor);
    expectNot(cursor, text === "");
  }
  const mentionsPositions = readPacked(cursor, 42, readUint32);
  const embeds: Embed[] = [];
  while (takeTag(cursor, 50) && cursor.isCanonical) embeds.push(readEmbed(cursor));
  // Safety: an enum holds the number that was on the wire, known to this version or not.
  const type = readOptionalEnum(cursor, 64) as CastAddBody["type"];
  expectEnd(cursor, end);
  return { embedsDeprecated, mentions, parent, text, mentionsPositions, embeds, type };
}

function readBody(cursor: CanonicalCursor, messageType: number) {
  switch (messageType) {
    case MessageType.CAST_ADD:
      if (!takeTag(cursor, CAST_BODY_TAG)) return undefined;
      return { type: "castAdd", body: readCastAddBody(cursor) } as const;
    case MessageType.REACTION_ADD:
    case MessageType.REACTION_REMOVE: {
      if (!takeTag(cursor, REACTION_BODY_TAG)) return undefined;
      const type = messageType === MessageType.REACTION_ADD ? "reactionAdd" : "reactionRemove";
      return { type, body: readReactionBody(cursor) } as const;
    }
    case MessageType.LINK_ADD:
    case MessageType.LINK_REMOVE: {
      if (!takeTag(cursor, LINK_BODY_TAG)) return undefined;
      const type = messageType === MessageType.LINK_ADD ? "linkAdd" : "linkRemove";
      return { type, body: readLinkBody(cursor) } as const;
    }
    default:
      return undefined;
  }
}

/** What every message has besides its body. */
export interface CanonicalHead {
  /** `MessageType` number. */
  readonly messageType: number;
  readonly fid: bigint;
  readonly timestamp: number;
  readonly network: number;
}

/** What comes before the body. */
export function readHead(cursor: CanonicalCursor): CanonicalHead {
  const messageType = readOptionalEnum(cursor, 8);
  const fid = readFid(cursor, 16);
  let timestamp = 0;
  if (takeTag(cursor, 24)) {
    timestamp = readUint32(cursor);
    expectNot(cursor, timestamp === 0);
  }
  const network = readOptionalEnum(cursor, 32);
  return { messageType, fid, timestamp, network };
}

/**
 * Decodes an encoded `MessageData` with a cast, a reaction or a link, if its bytes are exactly what
 * encoding it again gives. Undefined for all else, sound or not. Never throws.
 */
export function readCanonicalData(bytes: Uint8Array): CanonicalData | undefined {
  const cursor = createCanonicalCursor(bytes);
  const { messageType, fid, timestamp, network } = readHead(cursor);
  if (!cursor.isCanonical) return undefined;
  const read = readBody(cursor, messageType);
  expectEnd(cursor, bytes.length);
  if (read === undefined || !cursor.isCanonical) return undefined;
  const { type, body } = read;
  // Safety: type and body are of one member of the union.
  return { type, fid, timestamp, network, body } as CanonicalData;
}
