// What `snaprag search` has found, for people and for machines.
import type { CastQuery, SearchHit } from "@snaprag/embeddings";
import { onOneLine, toHex } from "../../output.ts";

/** The casts for machines. Fields are only ever added. */
export function hitsToObject({ text, mode }: CastQuery, hits: readonly SearchHit[]): object {
  return {
    text,
    mode,
    hits: hits.map((hit) => ({
      fid: hit.fid,
      hash: toHex(hit.hash),
      username: hit.username,
      text: hit.text,
      timestamp: hit.timestamp.toISOString(),
      parentUrl: hit.parentUrl,
      score: hit.score,
      similarity: hit.similarity ?? null,
      vectorRank: hit.vectorRank ?? null,
      wordsRank: hit.wordsRank ?? null,
    })),
  };
}

/** The casts for people: two lines each, with what found them. */
export function hitLines(hits: readonly SearchHit[]): readonly string[] {
  if (hits.length === 0) return ["Nothing found."];
  return hits.flatMap((hit, index) => [headOf(hit, index + 1), `   ${onOneLine(hit.text)}`]);
}

function headOf(hit: SearchHit, rank: number): string {
  const author =
    hit.username === null ? `fid ${hit.fid}` : `@${onOneLine(hit.username)} (fid ${hit.fid})`;
  const time = `${hit.timestamp.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const ways = [
    ...(hit.similarity === undefined ? [] : [`similarity ${hit.similarity.toFixed(3)}`]),
    ...(hit.wordsRank === undefined ? [] : ["words"]),
  ];
  return [`${rank}. ${author}`, time, toHex(hit.hash), ways.join(", ")].join("  ").trimEnd();
}
