import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEmbedder, EmbeddingError } from "../../src/index.ts";
import { aCast, createMemoryEmbeddingStore } from "../support/memory-embedding-store.ts";
import { countWordTokens, createWordProvider } from "../support/word-provider.ts";
import { expectUpToDate } from "./up-to-date.ts";

function setUp(texts: readonly string[]) {
  const store = createMemoryEmbeddingStore();
  const provider = createWordProvider({ maxTokens: 20 });
  for (const [index, text] of texts.entries()) store.put(aCast(index + 1, text));
  return { store, provider, parts: { store, provider, pollMs: 1, retryPauseMs: 1 } };
}

const THIRTY = Array.from({ length: 30 }, (_, index) => `cast ${index}`);

describe("the budget of a run", () => {
  it("is spent to the last text and not beyond, and the next run goes on", async () => {
    const { store, provider, parts } = setUp(THIRTY);
    const embedder = createEmbedder({ ...parts, maxTextCount: 13, concurrency: 3 });

    await expect(embedder.run()).resolves.toEqual({ reason: "budget" });
    expect(provider.calls.flat().length).toBe(13);
    expect(store.findSet(1)).toMatchObject({ castCount: 13, textCount: 13 });
    await expect(embedder.run()).resolves.toEqual({ reason: "budget" });
    await expect(embedder.run({ untilDone: true })).resolves.toEqual({ reason: "done" });

    expect(provider.calls.flat().length).toBe(30);
    expectUpToDate(store, provider);
  });

  it("is not spent on calls that fail, or on equal texts", async () => {
    const { provider, store, parts } = setUp([...THIRTY, ...THIRTY]);
    let failuresLeft = 6;
    provider.beforeCall = () => {
      failuresLeft -= 1;
      if (failuresLeft >= 0) throw new EmbeddingError("unreachable", "on purpose");
    };

    // One text is over, as a budget that is used up ends the run before it is known to be done.
    const run = createEmbedder({ ...parts, maxTextCount: 31 }).run({ untilDone: true });

    await expect(run).resolves.toEqual({ reason: "done" });
    expectUpToDate(store, provider);
  });

  it("pays for a text that is asked again to see whether the provider is up", async () => {
    const { provider, store, parts } = setUp(["poison", ...THIRTY]);
    provider.beforeCall = (texts) => {
      if (texts.includes("poison")) throw new EmbeddingError("provider_failed", "on purpose");
    };

    const run = createEmbedder({ ...parts, maxTextCount: 13, concurrency: 1 }).run();

    await expect(run).resolves.toEqual({ reason: "budget" });
    expect(store.findSet(1).refusals.size).toBe(1);
    expect(provider.calls.flat().length).toBe(13);
    expect(store.findSet(1)).toMatchObject({ castCount: 13, textCount: 13 });
  });

  it("is not spent on some parts of a cast that has more", async () => {
    const { provider, store, parts } = setUp(["one", THIRTY.join(" ")]);

    await createEmbedder({ ...parts, maxTextCount: 3 }).run({ untilDone: true });

    expect(provider.calls).toEqual([["one"]]);
    expect(store.findSet(1)).toMatchObject({ castCount: 1, textCount: 1 });
    expect([...store.findSet(1).notes.values()].filter(({ lease }) => lease)).toEqual([]);
  });

  it("is never exceeded, whatever there is to embed", async () => {
    const text = fc.array(fc.constantFrom("gm", "hello", "decentralisation", "x"), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 25 }),
        fc.record({
          maxTextCount: fc.integer({ min: 1, max: 30 }),
          maxTokenCount: fc.integer({ min: 1, max: 300 }),
          concurrency: fc.integer({ min: 1, max: 3 }),
        }),
        async (texts, options) => {
          const { provider, store, parts } = setUp(texts.map((words) => words.join(" ")));

          const { reason } = await createEmbedder({ ...parts, ...options }).run({
            untilDone: true,
          });

          const sent = provider.calls.flat();
          const tokenCount = sent.reduce((sum, piece) => sum + countWordTokens(piece), 0);
          expect(sent.length).toBeLessThanOrEqual(options.maxTextCount);
          expect(tokenCount).toBeLessThanOrEqual(options.maxTokenCount);
          expect(store.findSet(1)).toMatchObject({ textCount: sent.length, tokenCount });
          if (reason === "done") expectUpToDate(store, provider);
        },
      ),
      { numRuns: 60 },
    );
  });
});
