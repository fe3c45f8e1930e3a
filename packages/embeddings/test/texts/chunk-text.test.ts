import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TextChunk } from "../../src/index.ts";
import { chunkText } from "../../src/index.ts";
import { countWordTokens } from "../support/word-provider.ts";

/** Ways of counting that do not add up, each in its own way. */
const COUNTERS: Record<string, (text: string) => number> = {
  words: countWordTokens,
  "bytes, and two around": (text) => 2 + Buffer.byteLength(text),
  "pairs of code units": (text) => Math.ceil(text.length / 2),
  "more for a space at the end": (text) => text.length + (/\s$/u.test(text) ? 7 : 0),
  "letters that are not like the one before": (text) => text.replaceAll(/(.)\1+/gsu, "$1").length,
};

const LIMITS = fc.integer({ min: 1, max: 40 }).chain((maxTokens) =>
  fc.record({
    maxTokens: fc.constant(maxTokens),
    overlapTokens: fc.integer({ min: 0, max: Math.ceil(maxTokens / 2) - 1 }),
  }),
);

const TEXT = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        "gm",
        "the",
        "blockchain",
        "a",
        "\n",
        "👨‍👩‍👧",
        "とても",
        "...",
        "https://a.xyz/b",
      ),
      { maxLength: 60 },
    )
    .map((words) => words.join(" ")),
  fc.string({ unit: fc.constantFrom("a", "🫡", "語"), maxLength: 300 }),
);

/** The text that chunks were cut from, by what each adds to the one before it. */
function glue(chunks: readonly TextChunk[]): string {
  let text = "";
  for (const chunk of chunks) text += chunk.text.slice(text.length - chunk.start);
  return text;
}

function endOf(chunk: TextChunk): number {
  return chunk.start + chunk.text.length;
}

function isBetweenCharacters(text: string, offset: number): boolean {
  return offset === 0 || (text.codePointAt(offset - 1) ?? 0) <= 0xffff;
}

describe("chunkText()", () => {
  it("leaves a text alone that is short enough, and has no chunk of none", () => {
    const options = { maxTokens: 5, overlapTokens: 2, countTokens: countWordTokens };
    expect(chunkText("gm to you all", options)).toEqual([{ text: "gm to you all", start: 0 }]);
    expect(chunkText("", options)).toEqual([]);
  });

  it("cuts between sentences, and begins anew with the last words", () => {
    const options = { maxTokens: 8, overlapTokens: 2, countTokens: countWordTokens };
    const chunks = chunkText("One two six ten. Red sea. Big dog ran. The end of it all.", options);
    expect(chunks.map((chunk) => chunk.text)).toEqual([
      "One two six ten. Red sea. ",
      "sea. Big dog ran. ",
      "ran. The end of it all.",
    ]);
  });

  it("cuts between the words of a script without spaces", () => {
    const options = { maxTokens: 7, overlapTokens: 0, countTokens: (text: string) => text.length };
    const chunks = chunkText("私は日本語を勉強しています", options);
    expect(chunks.map((chunk) => chunk.text)).toEqual(["私は日本語を", "勉強しています"]);
  });

  it("cuts a word that is too long, and only that", () => {
    const options = { maxTokens: 4, overlapTokens: 1, countTokens: countWordTokens };
    const chunks = chunkText(`gm ${"a".repeat(40)} gn`, options);
    expect(glue(chunks)).toBe(`gm ${"a".repeat(40)} gn`);
    expect(chunks[0]?.text).toBe("gm ");
    expect(chunks[1]?.text).toBe("a".repeat(16));
    expect(chunks[2]?.text).toBe("a".repeat(16));
    expect(chunks[2]?.start).toBe(3 + 16 - 4);
  });

  it.each(Object.entries(COUNTERS))("keeps its promises when counting %s", (_, countTokens) => {
    fc.assert(
      fc.property(TEXT, LIMITS, (text, limits) => {
        const chunks = chunkText(text, { ...limits, countTokens });

        expect(glue(chunks)).toBe(text);
        for (const [index, chunk] of chunks.entries()) {
          const isOneCharacter = [...chunk.text].length === 1;
          expect(isOneCharacter || countTokens(chunk.text) <= limits.maxTokens).toBe(true);
          expect(chunk.text).toBe(text.slice(chunk.start, endOf(chunk)));
          expect(isBetweenCharacters(text, chunk.start)).toBe(true);
          expect(isBetweenCharacters(text, endOf(chunk))).toBe(true);
          const last = chunks[index - 1];
          if (!last) continue;
          expect(chunk.start).toBeGreaterThan(last.start);
          expect(endOf(chunk)).toBeGreaterThan(endOf(last));
          const shared = text.slice(chunk.start, endOf(last));
          if (shared !== "") expect(countTokens(shared)).toBeLessThanOrEqual(limits.overlapTokens);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("cuts no word that has room, and shares about what it should", () => {
    const word = fc.constantFrom("gm", "the", "blockchain", "a", "world.", "yes!", "proof", "of");
    fc.assert(
      fc.property(fc.array(word, { minLength: 50, maxLength: 200 }), (words) => {
        const text = words.join(" ");
        const limits = { maxTokens: 20, overlapTokens: 6, countTokens: countWordTokens };

        const chunks = chunkText(text, limits);

        for (const [index, chunk] of chunks.entries()) {
          for (const piece of chunk.text.trim().split(" ")) expect(words).toContain(piece);
          const next = chunks[index + 1];
          // A word has at most three tokens, and its stop another.
          if (!next) continue;
          const shared = countWordTokens(text.slice(next.start, endOf(chunk)));
          expect(shared).toBeGreaterThanOrEqual(6 - 4);
          expect(countWordTokens(chunk.text)).toBeGreaterThanOrEqual(20 / 2 - 4);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["words", "lorem ipsum dolor, sit amet. ".repeat(345)],
    ["one word", "a".repeat(10_000)],
    ["emoji", "🫡".repeat(2500)],
    ["spaces", `x${" ".repeat(9998)}x`],
    ["Chinese", "我喜欢去中心化的社交网络".repeat(277)],
  ])("counts a few pieces for each chunk of 10,000 bytes of %s", (_, text) => {
    for (const maxTokens of [16, 128, 1024]) {
      let callCount = 0;
      let unitCount = 0;
      const countTokens = (piece: string) => {
        callCount += 1;
        unitCount += piece.length;
        return Math.ceil(Buffer.byteLength(piece) / 4);
      };

      const chunks = chunkText(text, { maxTokens, overlapTokens: maxTokens >> 3, countTokens });

      expect(callCount).toBeLessThan(1 + chunks.length * 4 * Math.log2(maxTokens * 4));
      // What is counted is no longer than a chunk, more or less.
      expect(unitCount).toBeLessThan(text.length * 40);
    }
  });

  it.each([
    [0, 0],
    [1.5, 0],
    [10, 5],
    [10, -1],
  ])("refuses limits of %d and %d", (maxTokens, overlapTokens) => {
    const options = { maxTokens, overlapTokens, countTokens: countWordTokens };
    expect(() => chunkText("gm", options)).toThrow(TypeError);
  });
});
