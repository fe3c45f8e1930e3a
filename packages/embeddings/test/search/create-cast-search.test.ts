import { describe, expect, it, vi } from "vitest";
import type { CastQuery, CastSearchStore, SearchMode } from "../../src/index.ts";
import { createCastSearch, createEmbedder } from "../../src/index.ts";
import { aCast, createMemoryEmbeddingStore, keyOf } from "../support/memory-embedding-store.ts";
import { createMemorySearchStore } from "../support/memory-search-store.ts";
import { createWordProvider, vectorOfWords } from "../support/word-provider.ts";

/** A search over casts that are embedded. */
async function setUp(texts: readonly string[]) {
  const memory = createMemoryEmbeddingStore();
  const provider = createWordProvider();
  for (const [index, text] of texts.entries()) memory.put(aCast(index + 1, text));
  await createEmbedder({ store: memory, provider, pollMs: 1 }).run({ untilDone: true });
  const store = createMemorySearchStore(memory);
  const search = createCastSearch({ store, provider });
  const find = async (query: CastQuery) => (await search.search(query)).map(({ text }) => text);
  return { memory, provider, store, search, find };
}

const TEXTS = [
  "a protocol for casts",
  "casts of a protocol, and much else besides",
  "gm",
  "the protocol",
  "nothing of the kind",
];

const MODES: readonly SearchMode[] = ["vector", "words", "hybrid"];

describe("createCastSearch()", () => {
  it("finds by words what has all of them", async () => {
    const { find, memory, store } = await setUp(TEXTS);
    expect(await find({ text: "protocol casts", mode: "words" })).toEqual([TEXTS[0], TEXTS[1]]);
    const alone = createCastSearch({ store });
    expect(memory.findServing()).toBeDefined();
    expect((await alone.search({ text: "gm", mode: "words" })).length).toBe(1);
  });

  it("finds by vector what is nearest, with its similarity", async () => {
    const { search } = await setUp(TEXTS);

    const hits = await search.search({ text: "the protocol", mode: "vector", limit: 2 });

    expect(hits[0]).toMatchObject({ text: "the protocol", vectorRank: 1, wordsRank: undefined });
    expect(hits[0]?.similarity).toBeCloseTo(1);
    expect(hits[0]?.score).toBe(hits[0]?.similarity);
    expect(hits[1]?.similarity).toBeLessThan(1);
    expect(hits.length).toBe(2);
  });

  it("finds by both, and says where each had it", async () => {
    const { search, provider } = await setUp(TEXTS);
    const callCount = provider.calls.length;

    const hits = await search.search({ text: "protocol casts" });

    expect(hits.length).toBe(5);
    expect(hits[0]).toMatchObject({ text: TEXTS[0], vectorRank: 1, wordsRank: 1, score: 2 / 61 });
    expect(hits[1]).toMatchObject({ text: TEXTS[1], wordsRank: 2 });
    expect(hits[4]?.wordsRank).toBeUndefined();
    expect(provider.calls.slice(callCount)).toEqual([["protocol casts"]]);
  });

  it("asks in both ways at the same time", async () => {
    const { store, provider } = await setUp(TEXTS);
    const searchByWords = vi.fn(store.searchByWords);
    const waiting: CastSearchStore = {
      ...store,
      searchByWords,
      findServingSet: async () => {
        await vi.waitFor(() => expect(searchByWords).toHaveBeenCalledOnce());
        return await store.findServingSet();
      },
    };
    const search = createCastSearch({ store: waiting, provider });
    expect((await search.search({ text: "gm" })).length).toBe(5);
  });

  it("has no more hits than it is asked for, and the filter holds of each", async () => {
    const { find } = await setUp(TEXTS);
    for (const mode of MODES) {
      expect((await find({ text: "protocol", mode, limit: 1 })).length).toBe(1);
      expect(await find({ text: "protocol", mode, filter: { fid: 4n } })).toEqual(["the protocol"]);
      expect(await find({ text: "protocol", mode, filter: { channel: "none" } })).toEqual([]);
    }
  });

  it.each(MODES)("makes up for casts that go while it searches by %s", async (mode) => {
    const texts = Array.from({ length: 200 }, (_, index) => `gm ${index}`);
    const { memory, store, provider } = await setUp(texts);
    let readCount = 0;
    const vanishing: CastSearchStore = {
      ...store,
      readCasts: async (keys) => {
        readCount += 1;
        // As many as were ranked first, whatever the mode.
        if (readCount <= 8) for (const key of keys) memory.remove(keyOf(key));
        return await store.readCasts(keys);
      },
    };

    const search = createCastSearch({ store: vanishing, provider });
    const hits = await search.search({ text: "gm", mode, limit: 10 });

    expect(readCount).toBeGreaterThan(8);
    expect(hits.length).toBe(10);
    for (const hit of hits) expect(memory.casts.has(keyOf(hit))).toBe(true);
    expect(new Set(hits.map(keyOf)).size).toBe(10);
  });

  it("is content with what there is", async () => {
    const { memory, store, provider } = await setUp(TEXTS);
    const vanishing: CastSearchStore = {
      ...store,
      readCasts: async () => {
        for (const key of [...memory.casts.keys()]) memory.remove(key);
        return [];
      },
    };
    for (const mode of MODES) {
      const search = createCastSearch({ store: vanishing, provider });
      expect(await search.search({ text: "protocol", mode, limit: 2 })).toEqual([]);
    }
  });

  it("says that nothing is embedded where that matters", async () => {
    const store = createMemorySearchStore(createMemoryEmbeddingStore());
    const search = createCastSearch({ store, provider: createWordProvider() });
    await expect(search.search({ text: "gm" })).rejects.toThrow(
      "[nothing_embedded] There are no vectors to search. Run the embedder first, or search with --mode words",
    );
    await expect(search.search({ text: "gm", mode: "vector" })).rejects.toMatchObject({
      code: "nothing_embedded",
    });
    expect(await search.search({ text: "gm", mode: "words" })).toEqual([]);
  });

  it.each([
    [createWordProvider({ model: "other" }), "other_model", "embedded by words"],
    [createWordProvider({ dimension: 32 }), "wrong_dimension", "have 64 numbers"],
  ])("compares no vectors of two models", async (provider, code, words) => {
    const { store } = await setUp(TEXTS);
    const search = createCastSearch({ store, provider });
    const found = search.search({ text: "gm", mode: "vector" });
    await expect(found).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(provider.calls).toEqual([]);
  });

  it("does not compare what is no vector of the model", async () => {
    const { store, provider } = await setUp(TEXTS);
    const searchWith = async (vectors: readonly Float32Array[]) => {
      const damaged = { ...provider, embed: async () => ({ vectors, tokenCount: undefined }) };
      return await createCastSearch({ store, provider: damaged }).search({ text: "gm" });
    };
    await expect(searchWith([])).rejects.toMatchObject({ code: "malformed_answer" });
    const short = [vectorOfWords("gm", 3)];
    await expect(searchWith(short)).rejects.toMatchObject({ code: "wrong_dimension" });
  });

  it("asks as a query, with the beginning of what is too long", async () => {
    const { store, provider } = await setUp(TEXTS);
    const embed = vi.fn(provider.embed);
    const search = createCastSearch({ store, provider: { ...provider, embed } });
    const signal = new AbortController().signal;

    await search.search({ text: "word ".repeat(500), mode: "vector", signal });

    expect(embed).toHaveBeenCalledExactlyOnceWith([expect.any(String)], { role: "query", signal });
    const [[texts]] = embed.mock.calls as [[readonly string[]]];
    expect(provider.countTokens(texts[0]!)).toBeGreaterThan(95);
    expect(provider.countTokens(texts[0]!)).toBeLessThanOrEqual(100);
  });

  it("ends when it is aborted", async () => {
    const { store, provider } = await setUp(TEXTS);
    const controller = new AbortController();
    const slow = {
      ...store,
      findServingSet: async () => {
        controller.abort(new Error("enough"));
        return await store.findServingSet();
      },
    };
    const search = createCastSearch({ store: slow, provider });
    const query = { text: "gm", signal: controller.signal };
    await expect(search.search(query)).rejects.toThrow("enough");
    await expect(search.search(query)).rejects.toThrow("enough");
  });

  it.each<[string, CastQuery]>([
    ["text", { text: " " }],
    ["limit", { text: "gm", limit: 0 }],
    ["limit", { text: "gm", limit: 1001 }],
    ["limit", { text: "gm", limit: 1.5 }],
    ["mode", { text: "gm", mode: "magic" as SearchMode }],
  ])("refuses a %s that is none", async (name, query) => {
    const { search } = await setUp([]);
    await expect(search.search(query)).rejects.toThrow(`Expected \`${name}\``);
    await expect(search.search(query)).rejects.toThrow(TypeError);
  });

  it("wants a provider where one is needed", async () => {
    const { store } = await setUp([]);
    const search = createCastSearch({ store }).search({ text: "gm" });
    await expect(search).rejects.toThrow("Expected a `provider` for a search by hybrid, got none");
  });
});
