import { describe, expect, it } from "vitest";
import type { Pooling } from "../../../src/index.ts";
import { poolTokens } from "../../../src/providers/local/pool-tokens.ts";

// Two texts, of three tokens and of one; 9 is padding, which must never count.
const right = [3, 0, 0, 4, 3, 4, 0, 2, 9, 9, 9, 9];
const left = [3, 0, 0, 4, 3, 4, 9, 9, 9, 9, 0, 2];

describe("poolTokens()", () => {
  const cases: readonly (readonly [Pooling, readonly number[]])[] = [
    ["mean", [0.6, 0.8]],
    ["cls", [1, 0]],
    ["last_token", [0.6, 0.8]],
  ];

  it.each(cases)("pools by %s, wherever the padding is", (pooling, first) => {
    for (const [paddingSide, values] of [["right", right] as const, ["left", left] as const]) {
      const tokens = { data: Float32Array.from(values), paddedCount: 3, dimension: 2, paddingSide };

      const vectors = poolTokens(tokens, [3, 1], pooling);

      expect(vectors[0]![0]).toBeCloseTo(first[0]!, 6);
      expect(vectors[0]![1]).toBeCloseTo(first[1]!, 6);
      expect(vectors[1]).toEqual(Float32Array.of(0, 1));
    }
  });

  it("leaves a vector of zeros as it is", () => {
    const data = new Float32Array(4);

    const vectors = poolTokens(
      { data, paddedCount: 2, dimension: 2, paddingSide: "right" },
      [2],
      "mean",
    );

    expect(vectors).toEqual([Float32Array.of(0, 0)]);
  });
});
