import { describe, expect, it, vi } from "vitest";
import type { EmbedderOptions } from "../../src/index.ts";
import { createEmbedder } from "../../src/index.ts";
import { aCast, createMemoryEmbeddingStore, keyOf } from "../support/memory-embedding-store.ts";
import { createWordProvider } from "../support/word-provider.ts";
import { expectUpToDate, partsOf } from "./up-to-date.ts";

/** An embedder in memory, quick to look again. */
function setUp(options: Partial<EmbedderOptions> = {}) {
  let time = 0;
  const store = createMemoryEmbeddingStore({ now: () => time });
  const provider = createWordProvider();
  const parts = { store, provider, pollMs: 1, retryPauseMs: 1 };
  const embedder = createEmbedder({ ...parts, ...options });
  const passTime = (milliseconds: number) => {
    time += milliseconds;
  };
  return { store, provider, embedder, parts, passTime };
}

describe("createEmbedder()", () => {
  it("does nothing before it is run", () => {
    const { store, provider, embedder } = setUp();
    store.beforeCall = vi.fn();

    expect(embedder.progress()).toMatchObject({ state: "starting", castCount: 0 });
    expect(store.beforeCall).not.toHaveBeenCalled();
    expect(provider.calls).toEqual([]);
  });

  it("embeds every cast exactly once and lets the set serve", async () => {
    const { store, provider, embedder } = setUp({ concurrency: 3 });
    for (let number = 1; number <= 100; number += 1) store.put(aCast(number, `cast ${number}`));

    await expect(embedder.run({ untilDone: true })).resolves.toEqual({ reason: "done" });

    const sent = provider.calls.flat();
    expect(sent.length).toBe(100);
    expect(new Set(sent).size).toBe(100);
    expectUpToDate(store, provider);
    expect(store.findSet(1)).toMatchObject({ castCount: 100, textCount: 100, tokenCount: 200 });
    expect(embedder.progress()).toMatchObject({
      setId: 1,
      castCount: 100,
      textCount: 100,
      tokenCount: 200,
      reusedTextCount: 0,
      errorCount: 0,
      state: "idle",
    });
    expect(embedder.progress().castsPerSecond).toBeGreaterThan(0);
  });

  it("keeps what it works on from others, however long a call takes", async () => {
    const { store, provider, embedder, passTime } = setUp({ leaseMs: 30, concurrency: 1 });
    store.put(aCast(1, "slow"));
    let renewals = 0;
    store.beforeCall = (method) => {
      renewals += method === "renew" ? 1 : 0;
    };
    let foundByOthers: unknown;
    provider.beforeCall = async () => {
      for (let round = 1; round <= 3; round += 1) {
        passTime(20);
        const before = renewals;
        await vi.waitFor(() => expect(renewals).toBeGreaterThan(before));
      }
      const request = { setId: 1, leaseId: "another", limit: 1, leaseMs: 30 };
      foundByOthers = await store.claim(request);
    };

    await embedder.run({ untilDone: true });

    expect(foundByOthers).toEqual([]);
    expect(provider.calls).toEqual([["slow"]]);
    expectUpToDate(store, provider);
  });

  it("tells how vectors are kept once the set is taken up", async () => {
    const onTakenUp = vi.fn();
    const { embedder } = setUp({ onTakenUp });

    await embedder.run({ untilDone: true });

    expect(onTakenUp.mock.calls).toEqual([
      [{ setId: 1, model: "words", version: "1", dimension: 64, vectorType: "real[]" }],
    ]);
  });

  it("is done only when all was looked at for a wider selection, however long none is found", async () => {
    const { store, provider, parts } = setUp();
    for (let number = 1; number <= 20; number += 1) store.put(aCast(number, `cast ${number}`));
    const ofOne = { selection: { fids: [1n] } };
    await createEmbedder({ ...parts, ...ofOne }).run({ untilDone: true });
    // As a store that looks at most for some seconds for a claim.
    const { claim } = store;
    let claimCount = 0;
    const patient = {
      ...store,
      async claim(request: Parameters<typeof claim>[0]) {
        claimCount += 1;
        return claimCount < 10 ? [] : await claim(request);
      },
    };

    const embedder = createEmbedder({ ...parts, store: patient });
    await expect(embedder.run({ untilDone: true })).resolves.toEqual({ reason: "done" });

    expect(claimCount).toBeGreaterThan(9);
    expectUpToDate(store, provider);
  });

  it("is done only when nobody else has a cast that may come back", async () => {
    const { store, provider, embedder, parts } = setUp({ concurrency: 1 });
    store.put(aCast(1, "first"));
    await createEmbedder(parts).run({ untilDone: true });
    store.put(aCast(2, "second"));
    const ofOther = { setId: 1, leaseId: "of another", limit: 1, leaseMs: 60_000 };
    expect(await store.claim(ofOther)).toHaveLength(1);

    const running = embedder.run({ untilDone: true });
    await vi.waitFor(() => expect(embedder.progress().state).toBe("idle"));
    await store.release(ofOther.leaseId);
    await running;

    expectUpToDate(store, provider);
  });

  it("sends nothing of casts without a text", async () => {
    const { store, provider, embedder } = setUp();
    for (let number = 1; number <= 20; number += 1) store.put(aCast(number, "  \n"));

    await embedder.run({ untilDone: true });

    expect(provider.calls).toEqual([]);
    expect(store.findSet(1)).toMatchObject({ castCount: 20, textCount: 0 });
    expectUpToDate(store, provider);
  });

  it("sends equal texts once, whichever worker has them and whenever they come", async () => {
    const { store, provider, embedder, parts } = setUp({ concurrency: 4 });
    for (let number = 1; number <= 60; number += 1) store.put(aCast(number, "gm"));
    provider.beforeCall = async () => {
      await vi.waitFor(() => expect(embedder.progress().castCount).toBe(0));
    };

    await embedder.run({ untilDone: true });
    store.put(aCast(61, "gm"));
    const later = createEmbedder(parts);
    await later.run({ untilDone: true });

    expect(provider.calls).toEqual([["gm"]]);
    expect(embedder.progress().reusedTextCount).toBe(59);
    expect(later.progress()).toMatchObject({ castCount: 1, textCount: 0, reusedTextCount: 1 });
    expectUpToDate(store, provider);
  });

  it("sends what people read: names, the parent and quotes", async () => {
    const { store, provider, embedder } = setUp({ context: { hasParent: true, hasQuotes: true } });
    const [parent, quote] = [aCast(1, "who is up?"), aCast(2, "a worm")];
    store.put(parent);
    store.put(quote);
    store.put(
      aCast(3, "gm ", {
        mentions: [{ fid: 9n, position: 3, username: "alice" }],
        parent: keyOf(parent),
        quotes: [keyOf(quote)],
      }),
    );

    await embedder.run({ untilDone: true });

    expect(provider.calls.flat()).toContain(
      "gm @alice\n\nIn reply to: who is up?\n\nQuoting: a worm",
    );
  });

  it("embeds a long cast in parts, in calls of as many as the provider takes", async () => {
    const { store, provider, embedder } = setUp();
    const text = Array.from({ length: 1000 }, (_, index) => `word${index}`).join(" ");
    store.put(aCast(1, text));

    await embedder.run({ untilDone: true });

    const parts = store.findSet(1).parts.get(keyOf(aCast(1, "")));
    expect(parts?.length).toBeGreaterThan(provider.maxBatchTexts);
    expect(parts).toEqual(partsOf(text, provider));
  });

  it("does not keep what it made of a cast that changed meanwhile", async () => {
    const { store, provider, embedder } = setUp();
    store.put(aCast(1, "before"));
    provider.beforeCall = (texts) => {
      if (texts.includes("before")) store.put(aCast(1, "after"));
    };

    await embedder.run({ untilDone: true });

    expect(provider.calls.flat()).toEqual(["before", "after"]);
    expectUpToDate(store, provider);
  });

  it("keeps nothing of a cast that was removed meanwhile, or is removed later", async () => {
    const { store, provider, embedder } = setUp();
    store.put(aCast(1, "one"));
    store.put(aCast(2, "two"));
    provider.beforeCall = () => store.remove(keyOf(aCast(1, "")));

    await embedder.run({ untilDone: true });
    expect([...store.findSet(1).parts.keys()]).toEqual([keyOf(aCast(2, ""))]);
    store.remove(keyOf(aCast(2, "")));
    await embedder.run({ untilDone: true });

    expect(store.findSet(1).parts.size).toBe(0);
    expectUpToDate(store, provider);
  });

  it("shares the work with another embedder", async () => {
    const { store, provider, embedder, parts } = setUp();
    for (let number = 1; number <= 100; number += 1) store.put(aCast(number, `cast ${number}`));
    const other = createEmbedder(parts);

    await Promise.all([embedder.run({ untilDone: true }), other.run({ untilDone: true })]);

    expect(provider.calls.flat().length).toBe(100);
    expect(embedder.progress().castCount).toBeGreaterThan(0);
    expect(other.progress().castCount).toBeGreaterThan(0);
    expectUpToDate(store, provider);
  });

  it("waits for what others have claimed, and does it when they give it back", async () => {
    const { store, provider, embedder } = setUp();
    store.put(aCast(1, "gm"));
    store.beforeCall = async (method) => {
      if (method !== "claim") return;
      store.beforeCall = () => undefined;
      await store.claim({ setId: 1, leaseId: "other", limit: 9, leaseMs: 1000 });
    };

    const run = embedder.run({ untilDone: true });
    await vi.waitFor(() => expect(embedder.progress().state).toBe("idle"));
    expect(provider.calls).toEqual([]);
    await store.release("other");
    await run;

    expectUpToDate(store, provider);
  });

  it("takes over what others have claimed and left", async () => {
    const { store, provider, embedder, passTime } = setUp();
    store.put(aCast(1, "gm"));
    store.beforeCall = async (method) => {
      if (method !== "claim") return;
      store.beforeCall = () => undefined;
      await store.claim({ setId: 1, leaseId: "other", limit: 9, leaseMs: 1000 });
    };

    const run = embedder.run({ untilDone: true });
    await vi.waitFor(() => expect(embedder.progress().state).toBe("idle"));
    passTime(1000);
    await run;

    expectUpToDate(store, provider);
  });

  it("embeds what comes while it runs, until it is aborted", async () => {
    const { store, provider, embedder } = setUp();
    const controller = new AbortController();
    const run = embedder.run({ signal: controller.signal });
    const isUpToDate = () => expectUpToDate(store, provider);

    store.put(aCast(1, "one"));
    await vi.waitFor(isUpToDate);
    store.put(aCast(2, "two"));
    await vi.waitFor(isUpToDate);
    store.put(aCast(1, "three"));
    await vi.waitFor(isUpToDate);
    expect(embedder.progress().state).toBe("idle");
    controller.abort(new Error("enough"));

    await expect(run).rejects.toThrow("enough");
  });

  it("has what completes a set broken off when it is aborted", async () => {
    const { store, embedder } = setUp();
    const controller = new AbortController();
    const complete = vi.spyOn(store, "complete").mockImplementation(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    );

    const run = embedder.run({ signal: controller.signal });
    await vi.waitFor(() => expect(complete).toHaveBeenCalled());
    controller.abort(new Error("enough"));

    await expect(run).rejects.toThrow("enough");
  });

  it("claims nothing while it is paused", async () => {
    let isPaused = true;
    const { store, provider, embedder } = setUp({ isPaused: () => isPaused });
    store.put(aCast(1, "gm"));
    const methods: string[] = [];
    store.beforeCall = (method) => void methods.push(method);

    const run = embedder.run({ untilDone: true });
    await vi.waitFor(() => expect(embedder.progress().state).toBe("paused"));
    expect(methods).toEqual(["takeUp"]);
    isPaused = false;
    await run;

    expectUpToDate(store, provider);
  });

  it("waits while history is downloaded, if it is told to", async () => {
    const { store, provider, embedder, parts } = setUp({ isHistoryAwaited: true });
    store.put(aCast(1, "gm"));
    store.isHistoryLoading = true;

    const run = embedder.run({ untilDone: true });
    await vi.waitFor(() => expect(embedder.progress().state).toBe("waiting for history"));
    expect(provider.calls).toEqual([]);
    await createEmbedder(parts).run({ untilDone: true });
    expect(provider.calls).toEqual([["gm"]]);
    store.isHistoryLoading = false;

    await expect(run).resolves.toEqual({ reason: "done" });
  });

  it("keeps one model serving until the next is done, and tells the first it is over", async () => {
    const { store, provider, embedder, parts } = setUp();
    for (let number = 1; number <= 30; number += 1) store.put(aCast(number, `cast ${number}`));
    await embedder.run({ untilDone: true });
    const first = embedder.run();
    const newer = createWordProvider({ model: "words-2", dimension: 32 });
    newer.beforeCall = () => expectUpToDate(store, provider);

    await createEmbedder({ ...parts, provider: newer }).run({ untilDone: true });

    await expect(first).rejects.toMatchObject({ code: "superseded" });
    expectUpToDate(store, newer);
    expect(store.findSet(1)).toMatchObject({ state: "retired", parts: new Map() });
    expect(newer.calls.flat().length).toBe(30);
  });

  it.each<[string, Partial<EmbedderOptions>]>([
    ["another version", { modelVersion: "2" }],
    ["another context", { context: { hasParent: true, hasQuotes: false } }],
    ["another overlap", { overlapTokens: 3 }],
    ["another prefix of the provider's", { provider: createWordProvider({ recipe: "query: " }) }],
  ])("embeds everything anew for %s", async (_, options) => {
    const { store, embedder, parts } = setUp();
    store.put(aCast(1, "gm"));
    await embedder.run({ untilDone: true });

    const other = createEmbedder({ ...parts, ...options });
    await other.run({ untilDone: true });

    expect(other.progress()).toMatchObject({ setId: 2, textCount: 1 });
  });

  it("drops what is no longer selected, and sends nothing again of the rest", async () => {
    const { store, provider, embedder, parts } = setUp();
    for (let number = 1; number <= 9; number += 1) store.put(aCast(number, "a".repeat(number)));
    await embedder.run({ untilDone: true });

    const choosy = createEmbedder({ ...parts, selection: { minCharacters: 4 } });
    await choosy.run({ untilDone: true });

    expect(choosy.progress().setId).toBe(1);
    expect(store.findSet(1).parts.size).toBe(6);
    expect(provider.calls.flat().length).toBe(9);
    expectUpToDate(store, provider);
  });

  it.each<[string, Partial<EmbedderOptions>]>([
    ["overlapTokens", { overlapTokens: 50 }],
    ["overlapTokens", { overlapTokens: -1 }],
    ["concurrency", { concurrency: 0 }],
    ["leaseMs", { leaseMs: 0.5 }],
    ["maxTextCount", { maxTextCount: 0 }],
    ["maxTokenCount", { maxTokenCount: Number.NaN }],
    ["pollMs", { pollMs: -1 }],
    ["retryPauseMs", { retryPauseMs: 0 }],
    ["modelVersion", { modelVersion: " " }],
  ])("refuses a value of %s that is none", (name, options) => {
    expect(() => setUp(options)).toThrow(`Expected \`${name}\``);
  });
});
