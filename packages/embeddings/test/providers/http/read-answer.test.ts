import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/providers/http/read-answer.ts";

const scope = { shownUrl: "https://api.example", secrets: ["sk-secret"], textCount: 2 };
const read = (answer: unknown, dimension?: number) =>
  readAnswer(typeof answer === "string" ? answer : JSON.stringify(answer), { ...scope, dimension });
const item = (embedding: unknown, index?: unknown) => ({ embedding, index });

describe("readAnswer()", () => {
  it("puts the vectors in the order of the texts", () => {
    const data = [item([3, 4], 1), item([1, 2], 0)];

    expect(read({ data, usage: { prompt_tokens: 5 } })).toEqual({
      vectors: [Float32Array.of(1, 2), Float32Array.of(3, 4)],
      tokenCount: 5,
    });
  });

  it("takes the order of the answer where it names no places", () => {
    expect(read({ data: [item([1]), item([2])] }).vectors).toEqual([
      Float32Array.of(1),
      Float32Array.of(2),
    ]);
  });

  it("reads base64", () => {
    const encode = (vector: Float32Array) => Buffer.from(vector.buffer).toString("base64");
    const vectors = [Float32Array.of(0.1, -2), Float32Array.of(3, 4)];

    expect(read({ data: vectors.map((vector) => item(encode(vector))) }).vectors).toEqual(vectors);
  });

  it.each([
    [{ prompt_tokens: 3, total_tokens: 4 }, 3],
    [{ total_tokens: 4 }, 4],
    [{ prompt_tokens: -1 }, undefined],
    [{ prompt_tokens: "3" }, undefined],
    [null, undefined],
    [undefined, undefined],
  ])("reads the tokens of usage %j", (usage, tokenCount) => {
    expect(read({ data: [item([1]), item([2])], usage }).tokenCount).toBe(tokenCount);
  });

  it.each<[string, unknown]>([
    ["HTML", "<html>Just a moment...</html>"],
    ["half an answer", '{"data": [{"embedding": [1'],
    ["null", "null"],
    ["no data", { vectors: [] }],
    ["too few", { data: [item([1])] }],
    ["too many", { data: [item([1]), item([2]), item([3])] }],
    ["one place twice", { data: [item([1], 0), item([2], 0)] }],
    ["a place that is none", { data: [item([1], 0), item([2], 2)] }],
    ["half a place", { data: [item([1], 0), item([2], 0.5)] }],
    ["a place in words", { data: [item([1], "0"), item([2], "1")] }],
    ["no items", { data: [null, null] }],
    ["nothing for a text", { data: [item([1]), item(null)] }],
    ["an empty vector", { data: [item([1]), item([])] }],
    ["null for a number", { data: [item([1]), item([null])] }],
    ["text for a number", { data: [item([1]), item(["1"])] }],
    ["a number that no float holds", '{"data":[{"embedding":[1]},{"embedding":[1e300]}]}'],
    ["NaN as base64", { data: [item([1]), item("AADAfw==")] }],
    ["base64 of half a float", { data: [item([1]), item("AAA=")] }],
  ])("refuses %s", (_, answer) => {
    expect(() => read(answer)).toThrow(
      expect.objectContaining({ code: "malformed_answer", retryable: true }),
    );
  });

  it("refuses vectors of different lengths, or of another than was told", () => {
    const wrong = expect.objectContaining({ code: "wrong_dimension", retryable: false });

    expect(() => read({ data: [item([1, 2]), item([1])] })).toThrow(wrong);
    expect(() => read({ data: [item([1]), item([2])] }, 2)).toThrow(wrong);
  });

  it("shows how an answer begins, without the key", () => {
    expect(() => read("<p>sk-secret</p>")).toThrow('It begins with "<p>***</p>".');
  });

  it("keeps the key out of the causes, too", () => {
    try {
      read("sk-secret");
      expect.unreachable();
    } catch (error) {
      expect(String((error as Error).cause)).not.toContain("secret");
    }
  });
});
