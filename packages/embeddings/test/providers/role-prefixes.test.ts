import { describe, expect, it } from "vitest";
import { countWithPrefix, withPrefix } from "../../src/providers/role-prefixes.ts";

const prefixes = { document: "passage: ", query: "query: " };

describe("withPrefix()", () => {
  it("puts the prefix of the role before each text", () => {
    expect(withPrefix(["gm"], "query", prefixes)).toEqual(["query: gm"]);
    expect(withPrefix(["gm"], undefined, prefixes)).toEqual(["passage: gm"]);
  });
});

describe("countWithPrefix()", () => {
  it("counts the prefix that makes more tokens", () => {
    const count = (text: string) => text.length;

    expect(countWithPrefix("gm", prefixes, count)).toBe("passage: gm".length);
    expect(countWithPrefix("gm", { document: "", query: "q: " }, count)).toBe("q: gm".length);
  });
});
