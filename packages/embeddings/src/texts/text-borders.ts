/** Where a text may be cut without harm: offsets in ascending order, none of them 0 or its length. */
export interface TextBorders {
  /** Beginnings of words, of emoji, and of characters in scripts without spaces. */
  readonly words: readonly number[];
  readonly sentences: readonly number[];
}

/** What belongs to the word before it. */
const CLOSING = /^[\s\p{P}]/u;

/**
 * Finds the words and sentences of a text in any script.
 *
 * Always by the rules of one locale: a text is cut alike wherever that is done. Those of English
 * know the words of Chinese, Japanese and Thai too.
 */
export function findBorders(text: string): TextBorders {
  const words: number[] = [];
  const sentences: number[] = [];
  for (const part of new Intl.Segmenter("en", { granularity: "word" }).segment(text)) {
    if (part.index > 0 && (part.isWordLike || !CLOSING.test(part.segment))) words.push(part.index);
  }
  for (const { index } of new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)) {
    if (index > 0) sentences.push(index);
  }
  return { words, sentences };
}

/** How many of ascending offsets are at most a given one. */
function countUpTo(offsets: readonly number[], offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? Number.POSITIVE_INFINITY) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last of ascending offsets that is above one bound and at most the other. */
export function lastBetween(
  offsets: readonly number[],
  above: number,
  upTo: number,
): number | undefined {
  const last = offsets[countUpTo(offsets, upTo) - 1];
  return last !== undefined && last > above ? last : undefined;
}

/** The first of ascending offsets that is at least one bound and below the other. */
export function firstBetween(
  offsets: readonly number[],
  from: number,
  below: number,
): number | undefined {
  // Offsets are whole numbers.
  const first = offsets[countUpTo(offsets, from - 1)];
  return first !== undefined && first < below ? first : undefined;
}
