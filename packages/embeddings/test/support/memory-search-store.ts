// The port of search over the casts and vectors of the store in memory.
import type { CastFilter, CastSearchStore, ScoredCast } from "../../src/index.ts";
import type { MemoryEmbeddingStore, StoredCast } from "./memory-embedding-store.ts";
import { keyOf } from "./memory-embedding-store.ts";

function isWanted(cast: StoredCast, { fid, channel, since }: CastFilter): boolean {
  return (
    (fid === undefined || cast.fid === fid) &&
    (channel === undefined || cast.channel === channel) &&
    (since === undefined || (cast.timestamp ?? new Date(0)) >= since)
  );
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, number, index) => sum + number * (b[index] ?? 0), 0);
}

function best(casts: readonly ScoredCast[], limit: number): readonly ScoredCast[] {
  return [...casts]
    .sort((a, b) => b.score - a.score || (keyOf(a) < keyOf(b) ? -1 : 1))
    .slice(0, limit);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** A search over what is in memory. */
export function createMemorySearchStore(store: MemoryEmbeddingStore): CastSearchStore {
  return {
    findServingSet: async () => store.findServing()?.set,
    async searchByVector({ set, vector, filter, limit }) {
      const scored: ScoredCast[] = [];
      for (const [key, parts] of store.findSet(set.setId).parts) {
        const cast = store.casts.get(key);
        if (!cast || !isWanted(cast, filter)) continue;
        const score = Math.max(...parts.map((part) => cosine(part.vector, vector)));
        scored.push({ fid: cast.fid, hash: cast.hash, score });
      }
      return best(scored, limit);
    },
    async searchByWords({ text, filter, limit }) {
      const wanted = wordsOf(text);
      const scored: ScoredCast[] = [];
      for (const cast of store.casts.values()) {
        const words = wordsOf(cast.text);
        if (!isWanted(cast, filter) || !wanted.every((word) => words.includes(word))) continue;
        scored.push({ fid: cast.fid, hash: cast.hash, score: wanted.length / words.length });
      }
      return best(scored, limit);
    },
    async readCasts(keys) {
      return keys.flatMap((key) => {
        const cast = store.casts.get(keyOf(key));
        if (!cast) return [];
        const { fid, hash, text, timestamp = new Date(0), channel = null } = cast;
        return [{ fid, hash, text, timestamp, username: null, parentUrl: channel }];
      });
    },
    close: async () => undefined,
  };
}
