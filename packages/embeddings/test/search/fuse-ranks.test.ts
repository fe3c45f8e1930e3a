import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuseRanks } from "../../src/index.ts";

const RANKING = fc.uniqueArray(fc.constantFrom(..."abcdefghij"), { maxLength: 10 });
const RANKINGS = fc.array(RANKING, { minLength: 1, maxLength: 4 });

function placeOf(key: string, rankings: readonly (readonly string[])[]): number {
  return fuseRanks(rankings).findIndex((fused) => fused.key === key);
}

function scoreOf(key: string, rankings: readonly (readonly string[])[]): number {
  return fuseRanks(rankings).find((fused) => fused.key === key)?.score ?? 0;
}

describe("fuseRanks()", () => {
  it("puts first what both rankings have", () => {
    expect(
      fuseRanks([
        ["a", "b"],
        ["c", "b"],
      ]),
    ).toEqual([
      { key: "b", score: 2 / 62 },
      { key: "a", score: 1 / 61 },
      { key: "c", score: 1 / 61 },
    ]);
  });

  it("keeps the order of a ranking that is alone", () => {
    fc.assert(
      fc.property(RANKING, (ranking) => {
        expect(fuseRanks([ranking, []]).map(({ key }) => key)).toEqual(ranking);
      }),
    );
  });

  it("has every key once, the best first, and of equal ones the lesser key", () => {
    fc.assert(
      fc.property(RANKINGS, (rankings) => {
        const fused = fuseRanks(rankings);

        expect(fused.map(({ key }) => key).sort()).toEqual([...new Set(rankings.flat())].sort());
        for (const [index, { key, score }] of fused.entries()) {
          const next = fused[index + 1];
          if (!next) continue;
          expect(score > next.score || (score === next.score && key < next.key)).toBe(true);
        }
      }),
    );
  });

  it("does not ask which ranking comes first", () => {
    const shuffled = RANKINGS.chain((rankings) =>
      fc.tuple(
        fc.constant(rankings),
        fc.shuffledSubarray(rankings, { minLength: rankings.length, maxLength: rankings.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([rankings, others]) => {
        expect(fuseRanks(others)).toEqual(fuseRanks(rankings));
      }),
    );
  });

  it("lets nothing fall that rises in a ranking", () => {
    const rising = fc.tuple(RANKINGS, fc.nat(), fc.nat());
    fc.assert(
      fc.property(rising, ([rankings, which, where]) => {
        const ranking = rankings[which % rankings.length] ?? [];
        const index = where % Math.max(1, ranking.length);
        const [above, key] = [ranking[index - 1], ranking[index]];
        if (above === undefined || key === undefined) return;
        const better = ranking.with(index - 1, key).with(index, above);

        const others = rankings.with(which % rankings.length, better);

        expect(scoreOf(key, others)).toBeGreaterThan(scoreOf(key, rankings));
        expect(placeOf(key, others)).toBeLessThanOrEqual(placeOf(key, rankings));
      }),
    );
  });

  it("takes what is listed twice for where it stands first", () => {
    expect(fuseRanks([["a", "a", "b"]])).toEqual(fuseRanks([["a", "b"]]));
  });
});
