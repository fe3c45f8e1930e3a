// What all laws are made of: a property tried on random scenarios, and ways to compare stores.
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createMemoryStore } from "../../memory/create-memory-store.ts";
import type { Store } from "../../store.ts";
import { readEverything } from "../read-everything.ts";
import type { ConformanceCase, ConformanceSubject } from "../subject.ts";
import { homeShardOf, virtualShardOf } from "../world/actors.ts";
import type { Block } from "../world/histories.ts";
import { nodeAfter } from "../world/node.ts";
import { liveRowsOf } from "../world/row-keys.ts";

/** Tries a property on as many scenarios as the subject asks for. */
export function law<Input extends [unknown, ...unknown[]]>(
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

/** An empty reference store of this world. */
export function openMemoryStore(): Store {
  return createMemoryStore({ homeShardOf, virtualShardOf });
}

/** Compares two stores relation by relation and names only the rows that differ. */
export async function assertSameRows(actual: Store, expected: Store): Promise<void> {
  const [here, there] = [await readEverything(actual), await readEverything(expected)];
  for (const table of new Set([...here.keys(), ...there.keys()])) {
    const [rows, expectedRows] = [here.get(table) ?? [], there.get(table) ?? []];
    const extra = rows.filter((row) => !expectedRows.includes(row));
    const missing = expectedRows.filter((row) => !rows.includes(row));
    assert.deepEqual({ table, extra, missing }, { table, extra: [], missing: [] });
  }
}

/** Says that whatever a store derives from its rows is as it would be if derived anew. */
async function assertDerived(store: Store): Promise<void> {
  for (const { relation, changedCount } of await store.rebuild()) {
    assert.equal(changedCount, 0, relation);
  }
}

/**
 * Says that a store holds live exactly what the node does, as it was signed there, and nothing else
 * than what follows from it.
 */
export async function assertMirrors(store: Store, blocks: readonly Block[]): Promise<void> {
  const [mirror, node] = [await liveRowsOf(store), nodeAfter(blocks).live()];
  const different = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) =>
    [...a].filter(([key, version]) => b.get(key) !== version);
  assert.deepEqual(
    { extra: different(mirror, node), missing: different(node, mirror) },
    { extra: [], missing: [] },
  );
  await assertDerived(store);
}
