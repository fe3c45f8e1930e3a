// A model of words: texts that have words in common have vectors that are near to each other.
import { createHash } from "node:crypto";
import { EmbeddingError } from "../../src/errors.ts";
import type { EmbeddingProvider } from "../../src/index.ts";

/** Options of {@link createWordProvider}. */
export interface WordProviderOptions {
  readonly model?: string;
  readonly dimension?: number;
  readonly maxTokens?: number;
  readonly maxBatchTexts?: number;
  readonly recipe?: string;
}

/** A provider, and what a test does to it. */
export interface WordProvider extends EmbeddingProvider {
  /** The texts of each call that was answered. */
  readonly calls: (readonly string[])[];
  /** Called with the texts before they are embedded; what it throws is what the call throws. */
  beforeCall: (texts: readonly string[], signal?: AbortSignal) => Promise<void> | void;
}

/** Four letters of a word are a token, and so is everything else that is no space. */
export function countWordTokens(text: string): number {
  let count = 0;
  for (const [piece] of text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)) {
    count += Math.ceil(piece.length / 4);
  }
  return count;
}

/** The vector of a text: each word points in a direction of its own. */
export function vectorOfWords(text: string, dimension: number): Float32Array {
  const vector = new Float32Array(dimension);
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+|\S/gu)) {
    const digest = createHash("sha256").update(word).digest();
    const index = digest.readUInt32LE(0) % dimension;
    vector[index] = (vector[index] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}

/** Creates a provider that computes its vectors, and that fails when a test says so. */
export function createWordProvider(options: WordProviderOptions = {}): WordProvider {
  const { model = "words", dimension = 64, maxTokens = 100, maxBatchTexts = 8, recipe } = options;
  const calls: (readonly string[])[] = [];
  const provider: WordProvider = {
    model,
    dimension,
    maxTokens,
    maxBatchTexts,
    recipe,
    calls,
    beforeCall: () => undefined,
    countTokens: countWordTokens,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      await provider.beforeCall(texts, signal);
      signal?.throwIfAborted();
      if (texts.length > maxBatchTexts) throw new Error(`${texts.length} texts in one call`);
      if (texts.some((text) => text.trim() === "")) throw new Error("A text is empty");
      const tokenCounts = texts.map(countWordTokens);
      if (tokenCounts.some((count) => count > maxTokens)) {
        throw new EmbeddingError("text_refused", "A text is too long", { isTooLong: true });
      }
      calls.push(texts);
      return {
        vectors: texts.map((text) => vectorOfWords(text, dimension)),
        tokenCount: tokenCounts.reduce((sum, count) => sum + count, 0),
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return provider;
}
