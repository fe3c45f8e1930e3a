import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexableText, storableText } from "../../src/messages/text.ts";
import { anyText } from "../support/arbitrary-bodies.ts";

describe("storableText()", () => {
  it("leaves no NUL, changes nothing else, and does nothing the second time", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = storableText(text);

        expect(stored).toBe(text.split("\0").join("\uFFFD"));
        expect(storableText(stored)).toBe(stored);
      }),
    );
  });

  it("leaves no half of a surrogate pair, and every whole one", () => {
    expect(storableText("a\uD800b\uDC00")).toBe("a\uFFFDb\uFFFD");
    expect(storableText("\uDC00\uD83D\uDC4B\uD800")).toBe("\uFFFD\u{1F44B}\uFFFD");
  });
});

describe("indexableText()", () => {
  it("cuts what no index takes, and never through a character", () => {
    const long = `${"x".repeat(639)}\u{1F44B}`;

    expect(indexableText("https://a\0")).toBe("https://a\uFFFD");
    expect(indexableText("x".repeat(640))).toBe("x".repeat(640));
    expect(indexableText(long)).toBe(`${"x".repeat(639)}\uFFFD`);
    expect(Buffer.byteLength(indexableText("\uFFFD".repeat(5000)))).toBeLessThan(2000);
  });
});
