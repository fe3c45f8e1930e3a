import type { CastAddBody, CastRemoveBody, Embed } from "@snaprag/proto";
import type { MessageRow } from "./message-row.ts";
import { indexableText, storableText } from "./text.ts";

/** One embed of a cast: a URL, another cast, or neither (a kind newer than this version). */
export interface EmbedValue {
  readonly url?: string;
  readonly cast_id?: { readonly fid: bigint; readonly hash: Uint8Array };
}

/** What a CastAdd says. */
export interface CastColumns {
  readonly text: string;
  /** `CastType` number: 0 cast, 1 long cast, 2 ten-thousand-byte cast. */
  readonly cast_type: number;
  readonly parent_fid: bigint | null;
  readonly parent_hash: Uint8Array | null;
  readonly parent_url: string | null;
  readonly embeds: readonly EmbedValue[];
  /** URLs of casts from before embeds had types; null when there are none. */
  readonly embeds_deprecated: readonly string[] | null;
  readonly mentions: readonly bigint[];
  /** Byte offsets into the UTF-8 text, one for each mention. */
  readonly mentions_positions: readonly number[];
}

/** A row of `casts`. */
export interface CastRow extends MessageRow, CastColumns {}

/** What a CastRemove says. */
export interface CastRemoveColumns {
  /** Hash of the cast that is removed, whether or not it was ever seen. */
  readonly target_hash: Uint8Array;
}

/** A row of `cast_removes`. */
export interface CastRemoveRow extends MessageRow, CastRemoveColumns {}

function toEmbedValue({ embed }: Embed): EmbedValue {
  if (embed?.$case === "url") return { url: storableText(embed.value) };
  if (embed?.$case === "castId") {
    return { cast_id: { fid: embed.value.fid, hash: embed.value.hash } };
  }
  return {};
}

function fromEmbedValue(value: EmbedValue): Embed {
  if (value.url !== undefined) return { embed: { $case: "url", value: value.url } };
  if (value.cast_id) return { embed: { $case: "castId", value: { ...value.cast_id } } };
  return { embed: undefined };
}

/** Columns of a CastAdd. */
export function toCastColumns(body: CastAddBody): CastColumns {
  const { parent } = body;
  return {
    text: storableText(body.text),
    cast_type: body.type,
    parent_fid: parent?.$case === "parentCastId" ? parent.value.fid : null,
    parent_hash: parent?.$case === "parentCastId" ? parent.value.hash : null,
    parent_url: parent?.$case === "parentUrl" ? indexableText(parent.value) : null,
    embeds: body.embeds.map(toEmbedValue),
    embeds_deprecated:
      body.embedsDeprecated.length > 0 ? body.embedsDeprecated.map(storableText) : null,
    mentions: body.mentions,
    mentions_positions: body.mentionsPositions,
  };
}

/** Whether columns have every text of a CastAdd as it was signed. */
export function keepsCastTexts(body: CastAddBody, columns: CastColumns): boolean {
  const { parent, text, embeds, embedsDeprecated } = body;
  return (
    columns.text === text &&
    (parent?.$case !== "parentUrl" || columns.parent_url === parent.value) &&
    embeds.every(({ embed }, index) => {
      return embed?.$case !== "url" || columns.embeds[index]?.url === embed.value;
    }) &&
    embedsDeprecated.every((url, index) => columns.embeds_deprecated?.[index] === url)
  );
}

function toParent(row: CastColumns): CastAddBody["parent"] {
  if (row.parent_url !== null) return { $case: "parentUrl", value: row.parent_url };
  if (row.parent_fid === null || row.parent_hash === null) return undefined;
  return { $case: "parentCastId", value: { fid: row.parent_fid, hash: row.parent_hash } };
}

/** The inverse of {@link toCastColumns}. */
export function fromCastColumns(row: CastColumns): CastAddBody {
  return {
    embedsDeprecated: [...(row.embeds_deprecated ?? [])],
    mentions: [...row.mentions],
    parent: toParent(row),
    text: row.text,
    mentionsPositions: [...row.mentions_positions],
    embeds: row.embeds.map(fromEmbedValue),
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    type: row.cast_type as CastAddBody["type"],
  };
}

/** Columns of a CastRemove. */
export function toCastRemoveColumns(body: CastRemoveBody): CastRemoveColumns {
  return { target_hash: body.targetHash };
}

/** The inverse of {@link toCastRemoveColumns}. */
export function fromCastRemoveColumns(row: CastRemoveColumns): CastRemoveBody {
  return { targetHash: row.target_hash };
}
