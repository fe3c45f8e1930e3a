import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CastContent } from "../../src/index.ts";
import { composeText } from "../../src/index.ts";

const WITH_ALL = { hasParent: true, hasQuotes: true };
const WITH_NONE = { hasParent: false, hasQuotes: false };

const content: CastContent = {
  text: " gm  ",
  mentions: [{ fid: 1n, position: 4, username: "alice" }],
  parentText: "who is up?\n",
  quotedTexts: ["the early bird", "  ", "a worm"],
};

describe("composeText()", () => {
  it("is the cast's own text with its mentions where nothing else is wanted", () => {
    expect(composeText(content, WITH_NONE)).toBe("gm @alice");
  });

  it("adds what the cast replies to and what it quotes", () => {
    expect(composeText(content, WITH_ALL)).toBe(
      "gm @alice\n\nIn reply to: who is up?\n\nQuoting: the early bird\n\nQuoting: a worm",
    );
  });

  it("leaves out what is wanted and not there", () => {
    const bare = { ...content, parentText: undefined, quotedTexts: [] };
    expect(composeText(bare, WITH_ALL)).toBe("gm @alice");
  });

  it("is empty without a text of the cast's own, whatever the context", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\u00a0") }),
        fc.option(fc.string(), { nil: undefined }),
        fc.array(fc.string()),
        (text, parentText, quotedTexts) => {
          const empty = { text, mentions: [], parentText, quotedTexts };
          expect(composeText(empty, WITH_ALL)).toBe("");
        },
      ),
    );
  });

  it("begins with the cast's own text and has no white space around it", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.option(fc.string(), { nil: undefined }),
        fc.array(fc.string()),
        (text, parentText, quotedTexts) => {
          const composed = composeText({ text, mentions: [], parentText, quotedTexts }, WITH_ALL);
          expect(composed).toBe(composed.trim());
          expect(composed.startsWith(text.trim())).toBe(true);
        },
      ),
    );
  });
});
