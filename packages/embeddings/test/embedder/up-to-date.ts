import { expect } from "vitest";
import type { EmbeddedPart } from "../../src/index.ts";
import { chunkText, composeText, contentHash } from "../../src/index.ts";
import type { MemoryEmbeddingStore } from "../support/memory-embedding-store.ts";
import { isSelected } from "../support/memory-embedding-store.ts";
import type { WordProvider } from "../support/word-provider.ts";
import { vectorOfWords } from "../support/word-provider.ts";

/** What the parts of a text are to be. */
export function partsOf(
  text: string,
  { maxTokens, countTokens, dimension }: WordProvider,
): EmbeddedPart[] {
  const overlapTokens = Math.min(64, Math.ceil(maxTokens / 2) - 1);
  return chunkText(text, { maxTokens, overlapTokens, countTokens }).map((chunk) => ({
    contentHash: contentHash(chunk.text),
    vector: vectorOfWords(chunk.text, dimension),
  }));
}

/** Holds the set that serves to the casts: vectors for exactly the live selected ones with a text. */
export function expectUpToDate(store: MemoryEmbeddingStore, provider: WordProvider): void {
  const serving = store.findServing();
  expect(serving).toMatchObject({ state: "serving", set: { model: provider.model } });
  const { selection, context } = serving!.plan;
  const wanted = new Map<string, unknown>();
  for (const [key, cast] of store.casts) {
    const { text, mentions = [] } = cast;
    const own = { text, mentions, parentText: undefined, quotedTexts: [] };
    const parts = partsOf(composeText(own, context), provider);
    if (isSelected(cast, selection) && parts.length > 0) wanted.set(key, parts);
  }
  expect(new Map([...serving!.parts].sort())).toEqual(new Map([...wanted].sort()));
}
