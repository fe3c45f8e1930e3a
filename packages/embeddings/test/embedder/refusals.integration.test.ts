// Who is to blame for what goes wrong, told over a real socket.
import { expect, it } from "vitest";
import { createEmbedder, openHttpProvider } from "../../src/index.ts";
import { startEmbeddingApi } from "../support/embedding-api.ts";
import { aCast, createMemoryEmbeddingStore, keyOf } from "../support/memory-embedding-store.ts";

it("refuses what the provider refuses, and nothing for a provider that answers now and then", async () => {
  const store = createMemoryEmbeddingStore();
  for (let number = 1; number <= 8; number += 1) store.put(aCast(number, `cast ${number}`));
  store.put(aCast(5, "bad"));
  await using api = await startEmbeddingApi();
  await using provider = await openHttpProvider({
    endpoint: api.endpoint,
    model: "test-model",
    maxBatchTexts: 8,
    retryMs: 0,
  });
  // One that is slow answers.
  api.setFaults({ refusedPattern: "bad", slowMs: 1 });
  api.failNext("server_error", "slow", ...Array<"server_error">(8).fill("server_error"));

  await createEmbedder({ store, provider, pollMs: 1, retryPauseMs: 1 }).run({ untilDone: true });

  expect(api.counts().faultCounts).toEqual({ server_error: 9, slow: 1 });
  expect([...store.findSet(1).refusals.keys()]).toEqual([keyOf(aCast(5, ""))]);
  expect(store.findSet(1).parts.size).toBe(7);
});
