import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateTokens } from "../../../src/providers/http/estimate-tokens.ts";

const FRAME = 2;

describe("estimateTokens()", () => {
  it.each([
    ["", 0],
    ["gm", 1],
    ["hello", 2],
    ["hello world", 4],
    ["hello, world!", 6],
    ["two  spaces", 4],
    ["in 2026", 3],
    ["0xdeadbeef", 4],
    ["привет", 6],
    ["你好", 3],
    ["🎩", 2],
  ])("counts %j as %i and the two that frame it", (text, count) => {
    expect(estimateTokens(text)).toBe(FRAME + count);
  });

  it("is no lower than what tokenizers make of ordinary texts", () => {
    // Counted with cl100k_base, which text-embedding-3 models use.
    const sentence = "The quick brown fox jumps over the lazy dog.";

    expect(estimateTokens(sentence)).toBeGreaterThanOrEqual(10);
    expect(estimateTokens(sentence)).toBeLessThanOrEqual(20);
  });

  it("never counts more tokens than bytes, nor less than one for four that are no white space", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const count = estimateTokens(text) - FRAME;

        expect(count).toBeLessThanOrEqual(Buffer.byteLength(text));
        expect(count).toBeGreaterThanOrEqual(Buffer.byteLength(text.replace(/\s/g, "")) / 4);
      }),
    );
  });

  it("never counts more for a whole than for its parts, nor less than for one of them", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.string({ unit: "grapheme" }),
        (one, other) => {
          const whole = estimateTokens(one + other);

          expect(whole).toBeLessThanOrEqual(estimateTokens(one) + estimateTokens(other));
          expect(whole).toBeGreaterThanOrEqual(estimateTokens(one));
        },
      ),
    );
  });
});
