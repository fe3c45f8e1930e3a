import { chunkText } from "../../texts/chunk-text.ts";
import { composeText } from "../../texts/compose-text.ts";
import { contentHash } from "../../texts/content-hash.ts";
import type { ClaimedCast } from "../embedding-store.ts";
import type { ResolvedEmbedderOptions } from "../options.ts";
import { maxOverlapOf } from "../options.ts";

/** A text to be embedded. */
export interface PartText {
  readonly text: string;
  readonly hash: Uint8Array;
  /** The hash as hex. */
  readonly key: string;
}

/** A claimed cast on its way to vectors. */
export interface Draft {
  readonly cast: ClaimedCast;
  /** The whole text. */
  readonly text: string;
  /** Most tokens of its parts; becomes less when the provider finds one too long. */
  readonly maxTokens: number;
  readonly parts: readonly PartText[];
}

/**
 * A text of fewer tokens, besides those that the provider puts around any text, is not refused for
 * its length, whatever it says.
 */
const MIN_PART_TOKENS = 16;

function cutParts(text: string, maxTokens: number, options: ResolvedEmbedderOptions): PartText[] {
  const { provider } = options;
  const overlapTokens = Math.min(options.overlapTokens, maxOverlapOf(maxTokens));
  const countTokens = (piece: string) => provider.countTokens(piece);
  return (
    chunkText(text, { maxTokens, overlapTokens, countTokens })
      .map((chunk) => chunk.text)
      // Nothing can be embedded of pages of white space.
      .filter((piece) => piece.trim() !== "")
      .map((piece) => {
        const hash = contentHash(piece);
        return { text: piece, hash, key: Buffer.from(hash).toString("hex") };
      })
  );
}

/** What a cast is to be embedded as. It has no parts when there is nothing to embed. */
export function draftCast(cast: ClaimedCast, options: ResolvedEmbedderOptions): Draft {
  const { maxTokens } = options.provider;
  const text = cast.content ? composeText(cast.content, options.context) : "";
  return { cast, text, maxTokens, parts: cutParts(text, maxTokens, options) };
}

/** The draft in parts half as long as the one that is too long; undefined when that is too short. */
export function shortenDraft(
  draft: Draft,
  tooLong: PartText,
  options: ResolvedEmbedderOptions,
): Draft | undefined {
  const { provider } = options;
  const tokenCount = provider.countTokens(tooLong.text);
  const maxTokens = Math.floor(Math.min(draft.maxTokens, tokenCount) / 2);
  if (maxTokens < MIN_PART_TOKENS + provider.countTokens("")) return undefined;
  return { ...draft, maxTokens, parts: cutParts(draft.text, maxTokens, options) };
}
