// Messages as rows of COPYs: the three that nearly all are by hand, the rest by the columns of their
// relations.
import { fromFarcasterTime, MESSAGE_MAPPINGS } from "@snaprag/processors";

const MESSAGE_COLUMNS = ["fid", "timestamp", "event_id", "hash", "signer", "signature"];

/** Columns of the relations that are written by hand, in the order in which they are written. */
export const BY_HAND = {
  reactions: [...MESSAGE_COLUMNS, "target_fid", "reaction_type", "target_hash", "target_url"],
  links: [...MESSAGE_COLUMNS, "target_fid", "link_type", "display_timestamp"],
  casts: [
    ...[...MESSAGE_COLUMNS, "parent_fid", "cast_type", "parent_hash", "parent_url", "text"],
    ...["embeds", "embeds_deprecated", "mentions", "mentions_positions"],
  ],
};

function writeEnvelope(copy, { message, eventId }) {
  const { rows } = copy;
  const { hash, signer, signature } = message.envelope;
  copy.begin();
  rows.int8(message.fid);
  rows.farcasterTime(message.timestamp);
  rows.int8(eventId);
  rows.raw(hash);
  rows.raw(signer);
  rows.raw(signature);
}

export function writeReaction(copy, listed) {
  writeEnvelope(copy, listed);
  const { rows } = copy;
  const { type, target } = listed.message.body;
  const cast = target?.$case === "targetCastId" ? target.value : undefined;
  if (cast) rows.int8(cast.fid);
  else rows.null();
  rows.int4(type);
  if (cast) rows.raw(cast.hash);
  else rows.null();
  if (target?.$case === "targetUrl") rows.text(target.value);
  else rows.null();
}

export function writeLink(copy, listed) {
  writeEnvelope(copy, listed);
  const { rows } = copy;
  const { type, target, displayTimestamp } = listed.message.body;
  if (target) rows.int8(target.value);
  else rows.null();
  rows.text(type);
  if (displayTimestamp === undefined) rows.null();
  else rows.farcasterTime(displayTimestamp);
}

function embedText({ embed }) {
  if (embed?.$case === "url") return `{"url":${JSON.stringify(embed.value)}}`;
  if (embed === undefined) return "{}";
  const hash = Buffer.from(embed.value.hash).toString("hex");
  return `{"cast_id":{"fid":${embed.value.fid},"hash":"0x${hash}"}}`;
}

export function writeCast(copy, listed) {
  writeEnvelope(copy, listed);
  const { rows } = copy;
  const { body } = listed.message;
  const { parent, type, text, embeds, embedsDeprecated, mentions, mentionsPositions } = body;
  const cast = parent?.$case === "parentCastId" ? parent.value : undefined;
  if (cast) rows.int8(cast.fid);
  else rows.null();
  rows.int4(type);
  if (cast) rows.raw(cast.hash);
  else rows.null();
  if (parent?.$case === "parentUrl") rows.text(parent.value);
  else rows.null();
  rows.text(text);
  rows.json(`[${embeds.map(embedText).join()}]`);
  if (embedsDeprecated.length > 0) rows.json(JSON.stringify(embedsDeprecated));
  else rows.null();
  rows.json(`[${mentions.join()}]`);
  rows.json(`[${mentionsPositions.join()}]`);
}

const WRITERS = {
  bigint: (rows, value) => rows.int8(BigInt(value)),
  integer: (rows, value) => rows.int4(value),
  text: (rows, value) => rows.text(value),
  bytea: (rows, value) => rows.raw(value),
  "timestamp with time zone": (rows, value) => rows.time(value),
};

function writeArray(rows, type, value) {
  if (type === "_int8") rows.array(20, value);
  else rows.array(23, value);
}

/** Writes a row by the types of its relation's columns. */
export function writeRow(copy, row, columns) {
  copy.begin();
  for (const { name, type, elements } of columns) {
    const value = row[name] ?? null;
    if (value === null) copy.rows.null();
    else if (type === "ARRAY") writeArray(copy.rows, elements, value);
    else WRITERS[type](copy.rows, value);
  }
}

/** The row of any message, without what the store would check of it. */
export function toRow({ message, eventId }) {
  const { type, fid, timestamp, body, envelope } = message;
  return {
    ...{ fid, timestamp: fromFarcasterTime(timestamp), event_id: eventId },
    ...{ hash: envelope.hash, signer: envelope.signer, signature: envelope.signature },
    ...MESSAGE_MAPPINGS[type].toColumns(body),
  };
}
