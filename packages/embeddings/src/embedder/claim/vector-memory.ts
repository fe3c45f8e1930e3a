/**
 * Vectors of the texts seen last, by content hash as hex, and the texts that are being embedded: no
 * two workers send the same.
 */
export interface VectorMemory {
  find(key: string): Float32Array | undefined;
  keep(key: string, vector: Float32Array): void;
  /** Settles when the call with the text has ended, well or not; undefined when there is none. */
  findCall(key: string): Promise<void> | undefined;
  /** Says that texts are being embedded, until the returned function is called. */
  beginCall(keys: readonly string[]): () => void;
}

/** Bytes of vectors that are kept: a few thousand short texts, such as "gm", are most of the equal ones. */
const MAX_BYTES = 32 * 1024 * 1024;

/** A memory that has seen nothing. */
export function createVectorMemory(dimension: number): VectorMemory {
  const capacity = Math.max(256, Math.floor(MAX_BYTES / (4 * dimension)));
  // A map lists its entries in the order they were set: the first is the one used longest ago.
  const vectors = new Map<string, Float32Array>();
  const calls = new Map<string, Promise<void>>();
  return {
    find(key) {
      const vector = vectors.get(key);
      if (vector !== undefined) {
        vectors.delete(key);
        vectors.set(key, vector);
      }
      return vector;
    },
    keep(key, vector) {
      vectors.delete(key);
      vectors.set(key, vector);
      for (const oldest of vectors.keys()) {
        if (vectors.size <= capacity) break;
        vectors.delete(oldest);
      }
    },
    findCall: (key) => calls.get(key),
    beginCall(keys) {
      let end = () => {};
      const call = new Promise<void>((resolve) => {
        end = resolve;
      });
      for (const key of keys) calls.set(key, call);
      return () => {
        for (const key of keys) calls.delete(key);
        end();
      };
    },
  };
}
