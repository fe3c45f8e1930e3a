// Laws: what holds for every history, tried on random ones.
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createMemoryStore } from "../memory/create-memory-store.ts";
import type { Store } from "../store.ts";
import { homeShardOf, virtualShardOf } from "./actors.ts";
import type { Block } from "./histories.ts";
import { history, toBatch } from "./histories.ts";
import { readEverything } from "./read-everything.ts";
import type { Listing } from "./snapshots.ts";
import { applyListing, listingAt } from "./snapshots.ts";
import type { ConformanceCase, ConformanceSubject } from "./subject.ts";

type Rows = ReadonlyMap<string, readonly string[]>;

async function rowsAfter(
  { openStore }: ConformanceSubject,
  play: (store: Store) => Promise<void>,
): Promise<Rows> {
  await using store = await openStore();
  await play(store);
  return await readEverything(store);
}

async function rowsInMemoryAfter(play: (store: Store) => Promise<void>): Promise<Rows> {
  const store = createMemoryStore({ homeShardOf, virtualShardOf });
  await play(store);
  return await readEverything(store);
}

/** Applies blocks in batches that end after the given block numbers. */
async function applyInBatches(
  store: Store,
  blocks: readonly Block[],
  cuts: readonly number[] = [],
): Promise<void> {
  const ends = [...new Set([...cuts, blocks.length])].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    if (end > start && end <= blocks.length) {
      await store.applyBlocks(toBatch(blocks.slice(start, end)));
      start = end;
    }
  }
}

/** Compares relation by relation and names only the rows that differ. */
function assertSameRows(actual: Rows, expected: Rows): void {
  for (const table of new Set([...actual.keys(), ...expected.keys()])) {
    const [here, there] = [actual.get(table) ?? [], expected.get(table) ?? []];
    const extra = here.filter((row) => !there.includes(row));
    const missing = there.filter((row) => !here.includes(row));
    assert.deepEqual({ table, extra, missing }, { table, extra: [], missing: [] });
  }
}

const cuts = fc.array(fc.nat(8), { maxLength: 4 });
const listing = listingAt(fc.constantFrom(10n, 12n, 14n));

/** A step of a scenario: follow on, go back and follow again, or list a partition anew. */
type Step =
  | { readonly kind: "follow"; readonly count: number }
  | { readonly kind: "replay"; readonly from: number }
  | { readonly kind: "list"; readonly listing: Listing };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("follow" as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("replay" as const), from: fc.nat(8) }),
  fc.record({ kind: fc.constant("list" as const), listing }),
);

async function play(store: Store, blocks: readonly Block[], steps: readonly Step[]) {
  let position = 0;
  const resume = () => store.startRealtime(1, 10n + BigInt(position));
  await resume();
  for (const each of steps) {
    if (each.kind === "list") await applyListing(store, each.listing);
    if (each.kind === "replay") position = Math.min(each.from, position);
    if (each.kind !== "follow") await resume();
    const next = blocks.slice(position, position + (each.kind === "follow" ? each.count : 0));
    if (next.length > 0) await store.applyBlocks(toBatch(next));
    position += next.length;
  }
}

/** Tries a property on as many scenarios as the subject asks for. */
function law<Input extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Index in keyof Input]: fc.Arbitrary<Input[Index]> },
  holds: (subject: ConformanceSubject, ...input: Input) => Promise<void>,
): ConformanceCase {
  return {
    name,
    async run(subject) {
      const property = fc.asyncProperty(fc.tuple(...arbitraries), async (input) => {
        // Safety: the tuple of the arbitraries of Input is an Input.
        await holds(subject, ...(input as unknown as Input));
      });
      await fc.assert(property, { numRuns: subject.runs, endOnFailure: true });
    },
  };
}

/** The laws of a store. */
export const LAW_CASES: readonly ConformanceCase[] = [
  law(
    "leaves the same rows however blocks are batched",
    [history, cuts],
    async (subject, blocks, ends) => {
      const start = (store: Store) => store.startRealtime(1, 10n);
      const whole = await rowsAfter(subject, async (store) => {
        await start(store);
        await applyInBatches(store, blocks);
      });
      const cut = await rowsAfter(subject, async (store) => {
        await start(store);
        await applyInBatches(store, blocks, ends);
      });
      assertSameRows(cut, whole);
    },
  ),
  law(
    "leaves the same rows when a history is replayed from any earlier block",
    [history, fc.nat(8)],
    async (subject, blocks, from) => {
      const again = Math.min(from, blocks.length);
      await using store = await subject.openStore();
      await store.startRealtime(1, 10n);
      await applyInBatches(store, blocks);
      const once = await readEverything(store);
      await store.startRealtime(1, 10n + BigInt(again));
      await applyInBatches(store, blocks.slice(again));
      assertSameRows(await readEverything(store), once);
    },
  ),
  law(
    "leaves the same rows in whatever order partitions come",
    [listing, listing],
    async (subject, one, other) => {
      fc.pre(one.virtualShard !== other.virtualShard);
      const inOrder = (listings: readonly Listing[]) =>
        rowsAfter(subject, async (store) => {
          for (const each of listings) await applyListing(store, each);
        });
      assertSameRows(await inOrder([one, other]), await inOrder([other, one]));
    },
  ),
  law(
    "does what the memory store does, whatever happens in whatever order",
    [history, fc.array(step, { minLength: 1, maxLength: 6 })],
    async (subject, blocks, steps) => {
      const expected = await rowsInMemoryAfter((store) => play(store, blocks, steps));
      assertSameRows(await rowsAfter(subject, (store) => play(store, blocks, steps)), expected);
    },
  ),
];
