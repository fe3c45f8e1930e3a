import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storableText } from "../../src/messages/text.ts";
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
});
