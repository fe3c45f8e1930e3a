/** Something found, and how well. */
export interface FusedRank {
  readonly key: string;
  /** Sum of 1 / (60 + rank) over the rankings that it is in. */
  readonly score: number;
}

/**
 * Takes the edge off the first ranks, so that what two rankings find goes before what one of them has
 * at the top. 60 is the value of the paper (Cormack, Clarke and Büttcher, 2009), and of most that do this.
 */
const RANK_OFFSET = 60;

/**
 * Makes one ranking of several, best first: reciprocal rank fusion, which needs no scores that can be
 * compared. The order of the rankings does not matter, and of equal ones the lesser key comes first.
 * What a ranking lists twice counts where it stands first.
 */
export function fuseRanks(rankings: readonly (readonly string[])[]): readonly FusedRank[] {
  const ranksByKey = new Map<string, number[]>();
  for (const ranking of rankings) {
    for (const [index, key] of [...new Set(ranking)].entries()) {
      const ranks = ranksByKey.get(key) ?? [];
      ranksByKey.set(key, ranks);
      ranks.push(index + 1);
    }
  }
  const fused = [...ranksByKey].map(([key, ranks]) => {
    // In one order: sums of fractions depend on it.
    const ascending = ranks.sort((a, b) => a - b);
    return { key, score: ascending.reduce((sum, rank) => sum + 1 / (RANK_OFFSET + rank), 0) };
  });
  return fused.sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
}
