import type { Mention } from "../embedder/embedding-store.ts";

/** Bytes of a code point in UTF-8. Half a surrogate pair counts as U+FFFD, which it is encoded as. */
function byteLengthOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x1_0000 ? 3 : 4;
}

function nameOf({ username, fid }: Mention): string {
  return username ? `@${username}` : `@fid:${fid}`;
}

/**
 * A cast's text with the names of those it mentions, which it is stored without.
 *
 * Each name is put in as `@username` at its position, a byte offset into the UTF-8 text. An account
 * without a username is named `@fid:123`, which no username can be. Nothing else of the text is
 * changed, whatever the positions are: one inside a character counts as its beginning, one past the
 * end as the end, and names of one position follow each other in the order of `mentions`.
 */
export function restoreMentions(text: string, mentions: readonly Mention[]): string {
  const placed = mentions
    .map((mention) => ({ name: nameOf(mention), position: Math.max(0, mention.position) || 0 }))
    .sort((a, b) => a.position - b.position);
  const pieces: string[] = [];
  let copied = 0;
  let index = 0;
  let byteOffset = 0;
  for (const { name, position } of placed) {
    while (index < text.length) {
      const codePoint = text.codePointAt(index) ?? 0;
      const next = byteOffset + byteLengthOf(codePoint);
      if (next > position) break;
      byteOffset = next;
      index += codePoint > 0xffff ? 2 : 1;
    }
    pieces.push(text.slice(copied, index), name);
    copied = index;
  }
  pieces.push(text.slice(copied));
  return pieces.join("");
}
