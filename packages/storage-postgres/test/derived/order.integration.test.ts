// Derived relations are functions of the rows: the same after the same changes, in whatever order
// and batches they came.
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkHistories } from "../../../../test/support/derived-facts/check-histories.ts";
import type { Mirror } from "../support/open-mirror.ts";
import { openMirror } from "../support/open-mirror.ts";
import type { PlacedChange } from "../support/random-changes.ts";
import { placedChanges } from "../support/random-changes.ts";
import { batchOf } from "../support/stores.ts";

const RELATIONS = [
  "fids",
  "signers",
  "tier_periods",
  "user_profiles",
  "user_profile_snapshots",
  "fnames",
  "usernames",
  "username_history",
  "storage_units",
  "storage_allowances_at('2026-06-01T00:00:00Z')",
  "channels",
  "channel_member_states",
];

const KEPT_TABLES = ["schema_migrations", "sync_network"];

let mirror: Mirror;

beforeAll(async () => {
  mirror = await openMirror();
});
afterAll(() => mirror[Symbol.asyncDispose]());

async function empty(): Promise<void> {
  const { store, select } = mirror;
  const tables = await select(
    "select tablename from pg_tables where schemaname = 'public' and tablename <> all ($1)",
    KEPT_TABLES,
  );
  await select(`truncate ${tables.map(({ tablename }) => tablename).join(", ")}`);
  for (const shardId of [1, 2]) await store.startRealtime(shardId, 0n);
}

/** Everything derived, after changes in batches of these sizes. */
async function derivedAfter(
  changes: readonly PlacedChange[],
  batchSizes: readonly number[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  await empty();
  const blocks = new Map([
    [1, 0n],
    [2, 0n],
  ]);
  let start = 0;
  for (let batch = 0; start < changes.length; batch++) {
    const size = batchSizes[batch % batchSizes.length] ?? 1;
    const placed = changes.slice(start, start + size);
    start += size;
    for (const [shardId, block] of blocks) {
      const own = placed.filter((each) => each.shardId === shardId).map(({ change }) => change);
      if (own.length === 0) continue;
      blocks.set(shardId, block + 1n);
      await mirror.store.applyBlocks({ ...batchOf(block + 1n, own), shardId });
    }
  }
  const derived = new Map<string, readonly string[]>();
  for (const relation of RELATIONS) {
    const rows = await mirror.select(`select to_jsonb(r)::text as row from ${relation} r`);
    derived.set(relation, rows.map(({ row }) => row).sort());
  }
  return derived;
}

it("gives the same in any order and batches, follows from the rows, and tells no contradictions", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
  const scenario = placedChanges.chain((changes) =>
    fc.tuple(
      fc.constant(changes),
      fc.shuffledSubarray([...changes], { minLength: changes.length }),
      sizes,
    ),
  );
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(scenario, async ([changes, shuffled, batchSizes]) => {
      const inOrder = await derivedAfter(changes, [1]);
      expect(await derivedAfter(shuffled, batchSizes)).toEqual(inOrder);
      expect(await checkHistories(mirror.select)).toEqual([]);
      const rebuilt = await mirror.store.rebuild();
      expect(rebuilt.map(({ changedCount }) => changedCount)).toEqual([0, 0]);
      for (const [relation, rows] of inOrder) if (rows.length > 0) seen.add(relation);
    }),
    { numRuns: 25, endOnFailure: true },
  );
  // Not because there was nothing to compare.
  expect([...seen].sort()).toEqual([...RELATIONS].sort());
});
