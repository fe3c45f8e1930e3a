import { describe, expect, it, vi } from "vitest";
import type { EmbedderOptions, EmbeddingErrorCode, Logger } from "../../src/index.ts";
import { createEmbedder, EmbeddingError } from "../../src/index.ts";
import { aCast, createMemoryEmbeddingStore, keyOf } from "../support/memory-embedding-store.ts";
import { countWordTokens, createWordProvider } from "../support/word-provider.ts";
import { expectUpToDate } from "./up-to-date.ts";

function setUp(castCount: number, options: Partial<EmbedderOptions> = {}) {
  const store = createMemoryEmbeddingStore();
  const provider = createWordProvider();
  const logged: string[] = [];
  const log = (level: string) => (_: object, message: string) => {
    logged.push(`${level}: ${message}`);
  };
  const logger: Logger = {
    debug: () => undefined,
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    child: () => logger,
  };
  const parts = { store, provider, logger, pollMs: 1, retryPauseMs: 1, ...options };
  for (let number = 1; number <= castCount; number += 1) {
    store.put(aCast(number, `cast ${number}`));
  }
  return { store, provider, logged, embedder: createEmbedder(parts) };
}

function failure(code: EmbeddingErrorCode, context = {}): EmbeddingError {
  return new EmbeddingError(code, "on purpose", context);
}

function storageError(retryable: boolean): Error {
  return Object.assign(new Error("on purpose"), { name: "StorageError", retryable });
}

/** Casts that somebody holds. */
function countLeases(store: ReturnType<typeof createMemoryEmbeddingStore>): number {
  return [...store.findSet(1).notes.values()].filter(({ lease }) => lease).length;
}

async function hangUntilAborted(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new Error("The call was ended")));
  });
}

describe("createEmbedder(), when texts are refused", () => {
  it("finds the text that is meant, and goes on with the others", async () => {
    const { store, provider, embedder } = setUp(8);
    store.put(aCast(7, "bad"));
    const asked: number[] = [];
    provider.beforeCall = (texts) => {
      if (!texts.includes("bad")) return;
      asked.push(texts.length);
      throw failure("text_refused");
    };

    await embedder.run({ untilDone: true });
    await embedder.run({ untilDone: true });

    expect(asked).toEqual([8, 4, 2, 1]);
    expect(store.findSet(1).parts.size).toBe(7);
    expect([...store.findSet(1).refusals]).toEqual([
      [keyOf(aCast(7, "")), "[text_refused] on purpose"],
    ]);
    expect(store.findSet(1)).toMatchObject({ castCount: 8, textCount: 7 });
    expect(provider.calls.flat().length).toBe(7);
  });

  it("finds the text that makes the provider fail, as others go through beside it", async () => {
    const { store, provider, embedder } = setUp(8);
    store.put(aCast(3, "poison"));
    provider.beforeCall = (texts) => {
      if (texts.includes("poison")) throw failure("provider_failed");
    };

    await embedder.run({ untilDone: true });

    expect([...store.findSet(1).refusals]).toEqual([
      [keyOf(aCast(3, "")), "[provider_failed] on purpose"],
    ]);
    expect(store.findSet(1).parts.size).toBe(7);
  });

  it("blames no text for a provider that is down", async () => {
    const { store, provider, embedder } = setUp(8);
    let callCount = 0;
    provider.beforeCall = () => {
      callCount += 1;
      if (callCount <= 6) throw failure("provider_failed");
    };

    await embedder.run({ untilDone: true });

    expect(store.findSet(1).refusals.size).toBe(0);
    expect(store.findSet(1).parts.size).toBe(8);
  });

  it("asks what was answered once more for each text that it blames", async () => {
    const { store, provider, embedder } = setUp(8);
    store.put(aCast(3, "poison"));
    store.put(aCast(6, "poison too"));
    provider.beforeCall = (texts) => {
      if (texts.join().includes("poison")) throw failure("provider_failed");
    };

    await embedder.run({ untilDone: true });

    expect([...store.findSet(1).refusals.keys()]).toEqual([3, 6].map((it) => keyOf(aCast(it, ""))));
    expect(provider.calls.flat().filter((text) => text === "cast 1").length).toBe(3);
    expect(store.findSet(1)).toMatchObject({ castCount: 8, textCount: 8 });
    expect(store.findSet(1).parts.size).toBe(6);
  });

  it.each([
    ["answers once and fails again", "provider_failed", [2]],
    ["answers with a proxy's page but for once", "malformed_answer", [2]],
    ["refuses all of them once and is down then", "provider_failed", []],
  ] as const)("blames no text for a provider that %s", async (_, code, answered) => {
    const { store, provider, embedder } = setUp(8);
    const isAnswered: readonly number[] = answered;
    let callCount = 0;
    provider.beforeCall = () => {
      callCount += 1;
      if (callCount === 1 && isAnswered.length === 0) throw failure("text_refused");
      if (callCount <= 10 && !isAnswered.includes(callCount)) throw failure(code);
    };

    await embedder.run({ untilDone: true });

    expect(store.findSet(1).refusals.size).toBe(0);
    expectUpToDate(store, provider);
  });

  it("blames no text that is answered with all the others after all", async () => {
    const { store, provider, embedder } = setUp(8);
    let callCount = 0;
    provider.beforeCall = () => {
      callCount += 1;
      if (callCount === 1) throw failure("text_refused");
      // Down to a single text.
      if (callCount <= 4) throw failure("provider_failed");
    };

    await embedder.run({ untilDone: true });

    expect(provider.calls[0]?.length).toBe(8);
    expect(store.findSet(1).refusals.size).toBe(0);
    expectUpToDate(store, provider);
  });

  it("cuts what is too long in shorter parts", async () => {
    const { store, provider, embedder } = setUp(3);
    const text = Array.from({ length: 90 }, (_, index) => `w${index}`).join(" ");
    store.put(aCast(4, text));
    provider.beforeCall = (texts) => {
      const isTooLong = texts.some((piece) => countWordTokens(piece) > 30);
      if (isTooLong) throw failure("text_refused", { isTooLong });
    };

    await embedder.run({ untilDone: true });

    expect(store.findSet(1).refusals.size).toBe(0);
    expect(store.findSet(1).parts.get(keyOf(aCast(4, "")))?.length).toBeGreaterThan(3);
    expect(provider.calls.flat().join(" ")).toContain("w89");
    expect(store.findSet(1).parts.size).toBe(4);
  });

  it("gives up on a text that is too long in whatever parts", async () => {
    const { store, provider, embedder } = setUp(3);
    store.put(aCast(4, "long ".repeat(90)));
    provider.beforeCall = (texts) => {
      if (texts.join().includes("long")) throw failure("text_refused", { isTooLong: true });
    };

    await embedder.run({ untilDone: true });

    expect([...store.findSet(1).refusals.keys()]).toEqual([keyOf(aCast(4, ""))]);
    expect(embedder.progress().refusedCount).toBe(1);
    expect(store.findSet(1).parts.size).toBe(3);
  });
});

describe("createEmbedder(), when the provider fails", () => {
  it("goes on after an outage, and tells it once", async () => {
    const { store, provider, logged, embedder } = setUp(20);
    let failuresLeft = 15;
    provider.beforeCall = () => {
      failuresLeft -= 1;
      if (failuresLeft >= 0) throw failure("unreachable");
    };
    const controller = new AbortController();
    const run = embedder.run({ signal: controller.signal });

    await vi.waitFor(() => expectUpToDate(store, provider), { timeout: 10_000 });
    controller.abort(new Error("enough"));

    await expect(run).rejects.toThrow("enough");
    expect(logged.filter((line) => line.startsWith("warn"))).toEqual([
      "warn: failed, trying again",
    ]);
    expect(logged.filter((line) => line.includes("outage")).length).toBe(1);
    expect(embedder.progress()).toMatchObject({ errorCount: 15, textCount: 20 });
    expect(store.findSet(1).errors).toEqual(Array(15).fill("[unreachable] on purpose"));
    expect(provider.calls.flat().length).toBe(20);
  });

  it("says what it waits for, and waits as long as it is asked to", async () => {
    const { provider, embedder } = setUp(1);
    const calls = vi.fn();
    provider.beforeCall = () => {
      calls();
      throw failure("rate_limited", { retryAfterMs: 60_000 });
    };
    const controller = new AbortController();
    const run = embedder.run({ signal: controller.signal });

    await vi.waitFor(() => expect(embedder.progress().state).toBe("waiting for the provider"));
    controller.abort(new Error("enough"));

    await expect(run).rejects.toThrow("enough");
    expect(calls.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it("gives up after some rounds where it is to end", async () => {
    const { store, provider, embedder } = setUp(20);
    provider.beforeCall = () => {
      throw failure("provider_failed");
    };

    await expect(embedder.run({ untilDone: true })).rejects.toMatchObject({
      code: "provider_failed",
    });

    expect(embedder.progress().errorCount).toBeGreaterThanOrEqual(10);
    expect(countLeases(store)).toBe(0);
  });

  it("ends at once, and ends the other workers, when nothing helps", async () => {
    const { store, provider, embedder } = setUp(40, { concurrency: 3 });
    let callCount = 0;
    provider.beforeCall = async (_, signal) => {
      callCount += 1;
      if (callCount === 3) throw failure("key_refused");
      await hangUntilAborted(signal);
    };

    await expect(embedder.run()).rejects.toMatchObject({ code: "key_refused" });

    expect(callCount).toBe(3);
    expect(countLeases(store)).toBe(0);
    expect(store.findSet(1).errors).toContain("[key_refused] on purpose");
  });

  it.each<[string, (vectors: readonly Float32Array[]) => Float32Array[], string]>([
    ["too few vectors", (vectors) => vectors.slice(1), "malformed_answer"],
    ["vectors of no numbers", (vectors) => vectors.map((it) => it.fill(NaN)), "malformed_answer"],
    ["short vectors", (vectors) => vectors.map((it) => it.slice(1)), "wrong_dimension"],
  ])("does not keep %s", async (_, damage, code) => {
    const provider = createWordProvider();
    const damaged = {
      ...provider,
      embed: async (texts: readonly string[]) => {
        const { vectors, tokenCount } = await provider.embed(texts);
        return { vectors: damage(vectors), tokenCount };
      },
    };
    const { store, embedder } = setUp(5, { provider: damaged, concurrency: 1 });

    await expect(embedder.run({ untilDone: true })).rejects.toMatchObject({ code });

    expect(store.findSet(1).parts.size).toBe(0);
    expect(store.findSet(1).textCount).toBe(0);
  });
});

describe("createEmbedder(), when the store fails", () => {
  it.each(["takeUp", "claim", "findVectors", "finish", "complete"] as const)(
    "tries %s again, and sends nothing twice",
    async (failing) => {
      const { store, provider, embedder } = setUp(20);
      let failuresLeft = 3;
      store.beforeCall = (method) => {
        if (method !== failing || failuresLeft === 0) return;
        failuresLeft -= 1;
        throw storageError(true);
      };

      await embedder.run({ untilDone: true });

      expect(failuresLeft).toBe(0);
      expect(provider.calls.flat().length).toBe(20);
      expect(store.findSet(1)).toMatchObject({ textCount: 20, tokenCount: 40, castCount: 20 });
      expect(embedder.progress().errorCount).toBe(3);
      expectUpToDate(store, provider);
    },
  );

  it("puts up with what it cannot record or give back", async () => {
    const { store, provider, embedder } = setUp(20, { leaseMs: 1 });
    let failuresLeft = 4;
    store.beforeCall = (method) => {
      if (method === "recordError" || method === "release") throw storageError(false);
    };
    provider.beforeCall = () => {
      failuresLeft -= 1;
      if (failuresLeft >= 0) throw failure("unreachable");
    };

    await embedder.run({ untilDone: true });

    expectUpToDate(store, provider);
  });

  it("ends when trying again does not help", async () => {
    const { store, embedder } = setUp(20);
    store.beforeCall = (method) => {
      if (method === "finish") throw storageError(false);
    };

    await expect(embedder.run()).rejects.toThrow("on purpose");

    expect(countLeases(store)).toBe(0);
  });
});

describe("createEmbedder(), when it is aborted", () => {
  it("ends calls, gives claims back, throws the reason, and goes on in the next run", async () => {
    const { store, provider, embedder } = setUp(40);
    const controller = new AbortController();
    let callCount = 0;
    provider.beforeCall = async (_, signal) => {
      callCount += 1;
      if (callCount > 2) await hangUntilAborted(signal);
    };

    const run = embedder.run({ signal: controller.signal });
    await vi.waitFor(() => expect(callCount).toBe(4));
    controller.abort(new Error("enough"));

    await expect(run).rejects.toThrow("enough");
    expect(countLeases(store)).toBe(0);
    expect(store.findSet(1)).toMatchObject({ castCount: 16, textCount: 16, errors: [] });
    provider.beforeCall = () => undefined;
    await embedder.run({ untilDone: true });
    expect(provider.calls.flat().length).toBe(40);
    expectUpToDate(store, provider);
  });

  it("tells the store what was spent, also on what comes to nothing", async () => {
    const { store, provider, embedder } = setUp(0);
    const controller = new AbortController();
    store.put(aCast(1, Array.from({ length: 1000 }, (_, index) => `word${index}`).join(" ")));
    provider.beforeCall = () => {
      if (provider.calls.length === 2) controller.abort(new Error("enough"));
    };

    await expect(embedder.run({ signal: controller.signal })).rejects.toThrow("enough");

    expect(store.findSet(1)).toMatchObject({ castCount: 0, textCount: 16 });
    expect(countLeases(store)).toBe(0);
  });

  it("does nothing when it is aborted before", async () => {
    const { store, embedder } = setUp(1);
    store.beforeCall = vi.fn();

    await expect(embedder.run({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow(
      "no",
    );

    expect(store.beforeCall).not.toHaveBeenCalled();
  });
});
