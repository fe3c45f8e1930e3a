import { findFurthest } from "./find-furthest.ts";
import type { TextBorders } from "./text-borders.ts";
import { findBorders, firstBetween, lastBetween } from "./text-borders.ts";

/** How a text is cut. */
export interface ChunkOptions {
  /** Most tokens of a chunk. */
  readonly maxTokens: number;
  /** About how many tokens of a chunk are in the next one as well; less than half of `maxTokens`. */
  readonly overlapTokens: number;
  /** Tokens of a text. Need not add up: a text may have more or fewer than its pieces together. */
  readonly countTokens: (text: string) => number;
}

/** A piece of a text. */
export interface TextChunk {
  readonly text: string;
  /** Where it begins, in UTF-16 code units. */
  readonly start: number;
}

interface Cut {
  readonly text: string;
  readonly borders: TextBorders;
  readonly maxTokens: number;
  readonly overlapTokens: number;
  /** About how many code units a token has. */
  readonly unitsPerToken: number;
  countTokens(start: number, end: number): number;
}

/** The offset itself, or the one before it where it would part the two halves of a character. */
function beforePair(text: string, offset: number): number {
  const isInPair = offset > 0 && (text.codePointAt(offset - 1) ?? 0) > 0xffff;
  return isInPair ? offset - 1 : offset;
}

function afterCharacter(text: string, offset: number): number {
  return offset + ((text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1);
}

/** The furthest end, wherever it may be, that was seen to fit; `floor` when there is none beyond it. */
function findFurthestEnd(cut: Cut, start: number, floor: number): number {
  const { text, borders, maxTokens } = cut;
  const distance = findFurthest({
    max: text.length - floor,
    guess: Math.floor(start + maxTokens * cut.unitsPerToken) - floor,
    holds: (distance) => cut.countTokens(start, beforePair(text, floor + distance)) <= maxTokens,
    // The end goes back to a word's beginning anyway: a few letters more would be of no use.
    isEnough: (low, high) =>
      (high - low) * 64 < high && lastBetween(borders.words, floor, floor + low) !== undefined,
  });
  return beforePair(text, floor + distance);
}

/** Where a chunk ends: after a sentence, after a word, or else wherever it has to. */
function findEnd(cut: Cut, start: number, floor: number): number {
  const { text, borders } = cut;
  const furthest = findFurthestEnd(cut, start, floor);
  if (furthest === text.length) return furthest;
  // A short sentence is not worth half of the chunk.
  const least = Math.max(floor, (start + furthest) / 2);
  const sentence = lastBetween(borders.sentences, least, furthest);
  const word = lastBetween(borders.words, floor, furthest);
  for (const end of [sentence, word]) {
    // Fewer letters need not be fewer tokens.
    if (end !== undefined && cut.countTokens(start, end) <= cut.maxTokens) return end;
  }
  return furthest;
}

/** Where the chunk after one begins: at a word, and inside of one only where that is cut as well. */
function findOverlapStart(cut: Cut, start: number, end: number): number {
  const { text, borders, overlapTokens } = cut;
  if (overlapTokens === 0) return end;
  const guess = Math.ceil(overlapTokens * cut.unitsPerToken);
  const distance = findFurthest({
    max: end - start - 1,
    guess,
    holds: (distance) => cut.countTokens(beforePair(text, end - distance), end) <= overlapTokens,
    isEnough: (low, high) => low > 0 && (high - low) * 8 < high,
  });
  const earliest = beforePair(text, end - distance);
  const word = firstBetween(borders.words, Math.max(earliest, start + 1), end);
  if (word !== undefined) return word;
  const isWordWhole = firstBetween(borders.words, end, end + 1) !== undefined;
  return isWordWhole || earliest <= start ? end : earliest;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function findNext(cut: Cut, last: Range): Range {
  const { text, borders } = cut;
  const floor = last.end;
  const start = findOverlapStart(cut, last.start, floor);
  const end = findEnd(cut, start, floor);
  const isWordCut =
    end < text.length && lastBetween(borders.words, floor, end) === undefined && start < floor;
  const isAtWord = firstBetween(borders.words, floor, floor + 1) !== undefined;
  // The word that comes has no room beside the overlap: it may have some without.
  if (end === floor || (isWordCut && isAtWord)) {
    return { start: floor, end: Math.max(findEnd(cut, floor, floor), afterCharacter(text, floor)) };
  }
  return { start, end };
}

function expectLimits({ maxTokens, overlapTokens }: ChunkOptions): void {
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new TypeError(`Expected \`maxTokens\` to be a positive integer, got ${maxTokens}`);
  }
  if (!(overlapTokens >= 0 && overlapTokens * 2 < maxTokens)) {
    throw new TypeError(
      `Expected \`overlapTokens\` to be less than half of ${maxTokens}, got ${overlapTokens}`,
    );
  }
}

/**
 * Cuts a text into chunks that a model can read, in their order; the text itself when it is short
 * enough, and none when it is empty.
 *
 * Every chunk was counted as it is returned, and has at most `maxTokens`; only a single character
 * that has more by itself is a chunk all the same. Chunks begin and end at sentences or words in any script,
 * and between characters in a word that is too long for one. Each begins after the one before it
 * begins and ends after that one's end, and together they hold all of the text. Counts about a
 * dozen pieces for each chunk, each of about its length.
 *
 * @throws {TypeError} when the limits are none
 */
export function chunkText(text: string, options: ChunkOptions): readonly TextChunk[] {
  expectLimits(options);
  if (text === "") return [];
  const { maxTokens, overlapTokens } = options;
  const tokenCount = options.countTokens(text);
  if (tokenCount <= maxTokens) return [{ text, start: 0 }];
  const cut: Cut = {
    text,
    borders: findBorders(text),
    maxTokens,
    overlapTokens,
    unitsPerToken: text.length / tokenCount,
    countTokens: (start, end) => options.countTokens(text.slice(start, end)),
  };
  const chunks: TextChunk[] = [];
  for (let last: Range = { start: 0, end: 0 }; last.end < text.length; ) {
    last = findNext(cut, last);
    chunks.push({ text: text.slice(last.start, last.end), start: last.start });
  }
  return chunks;
}
