import type { SearchHit } from "@snaprag/embeddings";
import { describe, expect, it } from "vitest";
import { hitLines, hitsToObject } from "../../src/commands/embeddings/search-report.ts";

const HIT: SearchHit = {
  fid: 1234n,
  hash: new Uint8Array(20),
  username: "ada",
  text: "a\u001b[2J\u009b2J\n   2. @bob",
  timestamp: new Date("2026-01-31T12:00:00Z"),
  parentUrl: null,
  score: 1,
  similarity: 0.5,
  vectorRank: 1,
  wordsRank: undefined,
};

describe("hitLines()", () => {
  it("tells who wrote a cast, when, and what, on two lines", () => {
    expect(hitLines([HIT])).toEqual([
      `1. @ada (fid 1234)  2026-01-31 12:00 UTC  0x${"00".repeat(20)}  similarity 0.500`,
      "   a [2J 2J 2. @bob",
    ]);
  });

  it("leaves no line and no control character to a username", () => {
    const [head] = hitLines([{ ...HIT, username: "ada\u001b[2J\n2. bob" }]);

    expect(head).toMatch(/^1\. @ada \[2J 2\. bob \(fid 1234\)/);
  });
});

describe("hitsToObject()", () => {
  it("has the text as it is", () => {
    const query = { text: "a", mode: "words" } as const;

    expect(hitsToObject(query, [HIT])).toMatchObject({ hits: [{ text: HIT.text }] });
  });
});
