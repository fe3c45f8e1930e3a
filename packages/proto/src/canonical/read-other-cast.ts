// Casts as other encoders write them: most of the network's clients write lists that are empty, and
// not all of them in the order of the fields. The generated decoder, and then encoding what it made
// to see that it is not the same, costs ten times as much.
import type { CastAddBody } from "../gen/message.ts";
import { MessageType } from "../gen/message.ts";
import type { CanonicalCursor } from "./canonical-cursor.ts";
import {
  createCanonicalCursor,
  readEnd,
  readEnum,
  readInteger,
  readText,
  readUint32,
  takeTag,
} from "./canonical-cursor.ts";
import type { CanonicalHead } from "./read-canonical-data.ts";
import {
  CAST_BODY_TAG,
  expectEnd,
  readCastId,
  readEmbed,
  readHead,
} from "./read-canonical-data.ts";

/** A cast whose bytes are not what encoding it gives. */
export interface OtherCast extends CanonicalHead {
  readonly body: CastAddBody;
}

/** Reads numbers without tags between them, or none. */
function readNumbers(cursor: CanonicalCursor, take: (cursor: CanonicalCursor) => void): void {
  const end = readEnd(cursor);
  while (cursor.at < end && cursor.isCanonical) take(cursor);
  expectEnd(cursor, end);
}

/** Reads one field, as the generated decoder does: of what comes twice, the last is what counts. */
function readField(cursor: CanonicalCursor, body: CastAddBody): void {
  if (takeTag(cursor, 10)) body.embedsDeprecated.push(readText(cursor));
  else if (takeTag(cursor, 18)) {
    readNumbers(cursor, (at) => body.mentions.push(BigInt(readInteger(at))));
  } else if (takeTag(cursor, 26)) {
    body.parent = { $case: "parentCastId", value: readCastId(cursor) };
  } else if (takeTag(cursor, 34)) body.text = readText(cursor);
  else if (takeTag(cursor, 42)) {
    readNumbers(cursor, (at) => body.mentionsPositions.push(readUint32(at)));
  } else if (takeTag(cursor, 50)) body.embeds.push(readEmbed(cursor));
  else if (takeTag(cursor, 58)) body.parent = { $case: "parentUrl", value: readText(cursor) };
  else if (takeTag(cursor, 64)) {
    // Safety: an enum holds the number that was on the wire, known to this version or not.
    body.type = readEnum(cursor) as CastAddBody["type"];
  } else cursor.isCanonical = false;
}

/**
 * Decodes an encoded `MessageData` with a cast that `readCanonicalData` does not read, so that its
 * bytes are known to be others than encoding it gives. Undefined for all that is not as simple.
 * Never throws.
 */
export function readOtherCast(bytes: Uint8Array): OtherCast | undefined {
  const cursor = createCanonicalCursor(bytes);
  const head = readHead(cursor);
  if (head.messageType !== MessageType.CAST_ADD || !takeTag(cursor, CAST_BODY_TAG))
    return undefined;
  const end = readEnd(cursor);
  const body: CastAddBody = {
    embedsDeprecated: [],
    mentions: [],
    parent: undefined,
    text: "",
    mentionsPositions: [],
    embeds: [],
    type: 0,
  };
  while (cursor.at < end && cursor.isCanonical) readField(cursor, body);
  expectEnd(cursor, end);
  expectEnd(cursor, bytes.length);
  return cursor.isCanonical ? { ...head, body } : undefined;
}
