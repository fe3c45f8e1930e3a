import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { EmbeddingApi } from "../../../../packages/embeddings/test/support/embedding-api.ts";
import { startEmbeddingApi } from "../../../../packages/embeddings/test/support/embedding-api.ts";
import {
  aCast,
  createMemoryEmbeddingStore,
} from "../../../../packages/embeddings/test/support/memory-embedding-store.ts";
import type { EmbeddedSync } from "../../src/commands/embeddings/embed-beside-sync.ts";
import { embedBesideSync } from "../../src/commands/embeddings/embed-beside-sync.ts";
import { loadSettings } from "../../src/config/load-settings.ts";

const patience = { timeout: 10_000 };

let api: EmbeddingApi;
beforeEach(async () => {
  api = await startEmbeddingApi();
});
afterEach(() => api.close());

/** A sync that has caught up, with casts to embed, and what its log says. */
async function setUp(variables: Readonly<Record<string, string>>) {
  const environment = {
    SNAPRAG_EMBEDDINGS_ENABLED: "true",
    SNAPRAG_EMBEDDINGS_ENDPOINT: api.endpoint,
    SNAPRAG_EMBEDDINGS_MODEL: "test-model",
    SNAPRAG_EMBEDDINGS_CONCURRENCY: "1",
    ...variables,
  };
  const context = { environment, folder: "/nowhere" };
  const settings = await loadSettings({ flags: new Map(), configPath: undefined, ...context });
  const store = createMemoryEmbeddingStore();
  for (let number = 1; number <= 3; number += 1) store.put(aCast(number, `cast ${number}`));
  const errors: string[] = [];
  const silent = { debug: vi.fn(), info: vi.fn(), warn: vi.fn() };
  const logger = { ...silent, error: (_: object, text: string) => errors.push(text) };
  const buildTextIndexes = vi.fn(async (_choice: object, _signal?: AbortSignal) => undefined);
  const embeddings = {
    ...store,
    buildTextIndexes,
    [Symbol.asyncDispose]: async () => undefined,
  };
  // Safety: what embedding needs of a database and a reporter, and no more.
  const sync = {
    ...{ context, settings, isCaughtUp: () => true, signal: new AbortController().signal },
    database: { openEmbeddings: async () => embeddings },
    reporter: { logger, announce: () => undefined },
  } as unknown as EmbeddedSync;
  return { sync, store, errors, buildTextIndexes };
}

const stopped = (reason: unknown, fields: object = {}) => [
  {
    event: "embedding progress",
    fields: expect.objectContaining({ state: "stopped", reason, ...fields }),
    sentence: expect.stringMatching(/^embeddings {2}stopped: ./),
  },
];

it("says of an embedder that could not begin that it has stopped, and why", async () => {
  const { sync, errors } = await setUp({ SNAPRAG_EMBEDDINGS_MODEL: "unknown-model" });
  await using beside = embedBesideSync(sync);

  await vi.waitFor(
    () => expect(beside.report()).toEqual(stopped(expect.stringContaining("unknown-model"))),
    patience,
  );
  expect(errors).toEqual([
    expect.stringMatching(/^embedding has stopped, the sync goes on: .*\. /),
  ]);
});

it("says of an embedder that has died that it has stopped, and how far it had come", async () => {
  const { sync, store, errors } = await setUp({});
  store.beforeCall = (method) => {
    if (method === "complete") throw new Error("the disk is gone");
  };
  await using beside = embedBesideSync(sync);

  await vi.waitFor(() => expect(errors).toHaveLength(1), patience);
  expect(beside.report()).toEqual(stopped(expect.stringContaining("disk"), { castCount: 3 }));
});

it("has text indexes broken off when the sync ends", async () => {
  const { sync, errors, buildTextIndexes } = await setUp({
    SNAPRAG_EMBEDDINGS_FULL_TEXT_INDEX: "true",
  });
  buildTextIndexes.mockImplementation(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  );
  const beside = embedBesideSync(sync);
  await vi.waitFor(() => expect(buildTextIndexes).toHaveBeenCalled(), patience);

  await beside[Symbol.asyncDispose]();

  expect(buildTextIndexes.mock.calls[0]?.[0]).toEqual({ fullText: true, trigram: false });
  expect(errors).toEqual([]);
}, 10_000);

it("says that the budget is used up", async () => {
  const { sync, errors } = await setUp({ SNAPRAG_EMBEDDINGS_BUDGET_TEXTS: "2" });
  await using beside = embedBesideSync(sync);

  await vi.waitFor(
    () => expect(beside.report()).toEqual(stopped("The budget is used up.", { textCount: 2 })),
    patience,
  );
  expect(errors).toEqual([]);
});

it("says what an embedder does as long as it does something", async () => {
  const { sync } = await setUp({});
  await using beside = embedBesideSync(sync);
  expect(beside.report()).toEqual([]);

  await vi.waitFor(
    () => expect(beside.report()).toMatchObject([{ fields: { state: "idle", castCount: 3 } }]),
    patience,
  );
});
