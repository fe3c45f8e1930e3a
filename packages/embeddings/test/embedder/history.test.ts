import fc from "fast-check";
import { expect, it } from "vitest";
import { createEmbedder, EmbeddingError } from "../../src/index.ts";
import type { MemoryEmbeddingStore } from "../support/memory-embedding-store.ts";
import { aCast, createMemoryEmbeddingStore, keyOf } from "../support/memory-embedding-store.ts";
import type { WordProvider } from "../support/word-provider.ts";
import { createWordProvider } from "../support/word-provider.ts";
import { expectUpToDate } from "./up-to-date.ts";

const CAST = fc.integer({ min: 1, max: 12 });
const TEXT = fc.constantFrom("", "gm", "gn", "hello world", "word ".repeat(40), "a longer cast");

/** What happens just before a call of the store or of the provider. */
const EVENT = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "nothing" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("put" as const), cast: CAST, text: TEXT }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), cast: CAST }) },
  { weight: 2, arbitrary: fc.constant({ kind: "fault" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "abort" as const }) },
);
type Event = typeof EVENT extends fc.Arbitrary<infer Item> ? Item : never;

/** Time of the leases between two calls: some expire while their casts are with the provider. */
const TICK_MS = 100;
const LEASE_MS = 2000;

interface History {
  readonly store: MemoryEmbeddingStore;
  readonly providers: readonly WordProvider[];
  /** Ends the runs there are when an event says so. */
  abort: () => void;
  hasEvents(): boolean;
}

/** Has events happen one by one, each before a call of whomever. */
function play(events: readonly Event[]): History {
  let time = 0;
  let next = 0;
  const store = createMemoryEmbeddingStore({ now: () => time });
  const providers = ["words-1", "words-2"].map((model) =>
    createWordProvider({ model, maxTokens: 20, maxBatchTexts: 3 }),
  );
  const history: History = {
    store,
    providers,
    abort: () => undefined,
    hasEvents: () => next < events.length,
  };
  const happen = (fault: () => Error) => {
    time += TICK_MS;
    const event = events[next];
    next += 1;
    switch (event?.kind) {
      case "put":
        store.put(aCast(event.cast, event.text));
        break;
      case "remove":
        store.remove(keyOf(aCast(event.cast, "")));
        break;
      case "fault":
        throw fault();
      case "abort":
        history.abort();
        break;
      default:
    }
  };
  store.beforeCall = () =>
    happen(() => Object.assign(new Error("on purpose"), { name: "StorageError", retryable: true }));
  for (const provider of providers) {
    provider.beforeCall = () => happen(() => new EmbeddingError("unreachable", "on purpose"));
  }
  return history;
}

/** Runs two embedders of a model until they are done, aborted, or have given up. */
async function runBoth(history: History, provider: WordProvider): Promise<boolean> {
  const { store } = history;
  const controller = new AbortController();
  history.abort = () => controller.abort(new Error("enough"));
  const options = { store, provider, pollMs: 1, retryPauseMs: 1, leaseMs: LEASE_MS };
  const runs = [1, 2].map((concurrency) =>
    createEmbedder({ ...options, concurrency }).run({ signal: controller.signal, untilDone: true }),
  );
  const outcomes = await Promise.allSettled(runs);
  return outcomes.every(({ status }) => status === "fulfilled");
}

it("ends with the vectors of exactly the live selected casts, whatever happened", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(CAST, TEXT), { maxLength: 12 }),
      fc.array(EVENT, { maxLength: 120 }),
      fc.array(fc.nat({ max: 1 }), { maxLength: 5 }),
      async (casts, events, models) => {
        const history = play(events);
        for (const [cast, text] of casts) history.store.put(aCast(cast, text));
        // Models are changed back and forth, each before the one before it need be done.
        for (const model of models) await runBoth(history, history.providers[model]!);
        const [provider] = history.providers as [WordProvider];
        while (history.hasEvents()) await runBoth(history, provider);

        const isDone = await runBoth(history, provider);

        expect(isDone).toBe(true);
        expectUpToDate(history.store, provider);
      },
    ),
    { numRuns: 100 },
  );
});
