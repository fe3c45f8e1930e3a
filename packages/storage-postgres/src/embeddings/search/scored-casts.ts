import type { ScoredCast } from "@snaprag/embeddings";
import type { QueryResult } from "pg";

/** Found casts as search words them. */
export function toScoredCasts({ rows }: QueryResult): readonly ScoredCast[] {
  return rows.map(({ fid, hash, score }) => ({ fid: BigInt.asUintN(64, fid), hash, score }));
}
