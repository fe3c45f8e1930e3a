import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Mention } from "../../src/index.ts";
import { restoreMentions } from "../../src/index.ts";

function mention(position: number, username?: string): Mention {
  return { fid: 123n, position, username };
}

/** Whether a text has one half of a character without the other, which UTF-8 cannot have. */
function hasHalves(text: string): boolean {
  return Buffer.from(text).toString() !== text;
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
);
const anyPosition = fc.oneof(fc.integer({ min: -5, max: 200 }), fc.double());

describe("restoreMentions()", () => {
  it.each([
    ["hello , how are you", [mention(6, "alice")], "hello @alice, how are you"],
    ["gm ", [mention(3, "bob.eth")], "gm @bob.eth"],
    ["", [mention(0, "bob")], "@bob"],
    // The sign before it has three bytes, the emoji four.
    ["€ 🫡 ", [mention(4, "a"), mention(9, "b")], "€ @a🫡 @b"],
    ["gm ", [mention(3)], "gm @fid:123"],
    ["gm ", [mention(3, "")], "gm @fid:123"],
  ])("puts the names into %j", (text, mentions, expected) => {
    expect(restoreMentions(text, mentions)).toBe(expected);
  });

  it.each([
    ["inside of a character", "a🫡b", [mention(3, "x")], "a@x🫡b"],
    ["past the end", "gm", [mention(99, "x")], "gm@x"],
    ["before the beginning", "gm", [mention(-1, "x")], "@xgm"],
    ["no number", "gm", [mention(Number.NaN, "x")], "@xgm"],
    ["not in order", "ab", [mention(2, "y"), mention(1, "x")], "a@xb@y"],
    ["twice the same", "ab", [mention(1, "x"), mention(1, "y")], "a@x@yb"],
  ])("puts up with a position that is %s", (_, text, mentions, expected) => {
    expect(restoreMentions(text, mentions)).toBe(expected);
  });

  it("changes nothing of the text but where it says so, whatever the positions", () => {
    fc.assert(
      fc.property(anyText, fc.array(anyPosition, { maxLength: 6 }), (text, positions) => {
        // No text of the others has this name in it, as none has a character of it.
        const clean = text.replaceAll(/[@\ue000]/gu, "");
        const mentions = positions.map((position) => mention(position, "\ue000"));

        const restored = restoreMentions(clean, mentions);

        expect(restored.replaceAll("@\ue000", "")).toBe(clean);
        expect(restored.split("@\ue000").length - 1).toBe(positions.length);
        expect(hasHalves(restored)).toBe(hasHalves(clean));
      }),
    );
  });

  it("puts names exactly where UTF-8 has them", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 9 })), (pieces) => {
        let position = 0;
        const mentions = pieces.map((piece, index) => {
          position += Buffer.byteLength(piece);
          return mention(position, `n${index}`);
        });

        const restored = restoreMentions(pieces.join(""), mentions);

        expect(restored).toBe(pieces.map((piece, index) => `${piece}@n${index}`).join(""));
      }),
    );
  });
});
