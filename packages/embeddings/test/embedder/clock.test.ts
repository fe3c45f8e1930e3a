// An embedder and a provider by a clock that is not the system's.
import { describe, expect, it } from "vitest";
import { createHastyClock } from "../../../../test/support/test-clock.ts";
import { createEmbedder, EmbeddingError } from "../../src/index.ts";
import { retry } from "../../src/providers/http/retry.ts";
import { aCast, createMemoryEmbeddingStore } from "../support/memory-embedding-store.ts";
import { createWordProvider } from "../support/word-provider.ts";
import { expectUpToDate } from "./up-to-date.ts";

const HOUR_MS = 3_600_000;

describe("an embedder with a clock", () => {
  it("waits through an outage of hours at once", async () => {
    const clock = createHastyClock();
    const store = createMemoryEmbeddingStore({ now: clock.now });
    const inner = createWordProvider();
    let failureCount = 0;
    const provider: typeof inner = {
      ...inner,
      async embed(texts, options) {
        failureCount += 1;
        if (failureCount > 4) return inner.embed(texts, options);
        const context = { retryAfterMs: HOUR_MS };
        throw new EmbeddingError("provider_failed", "not now", context);
      },
    };
    store.put(aCast(1, "gm"));
    const embedder = createEmbedder({ store, provider, clock, concurrency: 1 });

    await embedder.run({ untilDone: true });

    expectUpToDate(store, inner);
    expect(clock.elapsed()).toBeGreaterThanOrEqual(4 * HOUR_MS);
    // One cast in the last minute, none of it before.
    expect(embedder.progress()).toMatchObject({ castCount: 1, errorCount: 4 });
    expect(embedder.progress().castsPerSecond).toBeLessThan(0.1);
  });
});

describe("retry() with a clock", () => {
  it("gives up by it, and not before", async () => {
    const clock = createHastyClock();
    const error = new EmbeddingError("provider_failed", "not now", { retryAfterMs: HOUR_MS });
    let tryCount = 0;
    const attempt = async () => {
      tryCount += 1;
      return { failure: { error, mayPass: true } };
    };
    const policy = { retryMs: 5.5 * HOUR_MS, retryDelayMs: 1, onRetry: undefined, clock };

    await expect(retry(attempt, policy, undefined)).rejects.toBe(error);

    expect(tryCount).toBe(6);
    expect(clock.elapsed()).toBe(5 * HOUR_MS);
  });
});
