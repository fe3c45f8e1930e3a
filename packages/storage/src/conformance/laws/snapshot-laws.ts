// Laws of snapshots, alone and between blocks.
import assert from "node:assert/strict";
import { lastPositionOf } from "@snaprag/processors";
import * as fc from "fast-check";
import type { RowState, Store } from "../../store.ts";
import type { ConformanceCase } from "../subject.ts";
import { PARTITIONS } from "../world/actors.ts";
import type { Block } from "../world/histories.ts";
import { BLOCK_BEFORE, shardHistory } from "../world/histories.ts";
import { listEveryRow, rowKey } from "../world/row-keys.ts";
import type { Listing } from "../world/snapshots.ts";
import {
  anyListing,
  applyListing,
  applyListings,
  beginListing,
  listingOf,
} from "../world/snapshots.ts";
import type { Follower } from "./following.ts";
import { anyHeight, createFollower, MOST_BLOCKS } from "./following.ts";
import { assertMirrors, assertSameRows, law, openMemoryStore } from "./law.ts";

/** A step of a scenario. */
type Step =
  | { readonly kind: "follow"; readonly count: number }
  | { readonly kind: "goBack"; readonly height: bigint }
  | {
      readonly kind: "list";
      readonly partition: number;
      readonly height: bigint;
      /** Height of a download of the partition that is given up before. */
      readonly givenUp: bigint | undefined;
    };

const follow = fc.record({
  kind: fc.constant("follow" as const),
  count: fc.integer({ min: 1, max: 4 }),
});
const goBack = fc.record({ kind: fc.constant("goBack" as const), height: anyHeight });
const list = fc.record({
  kind: fc.constant("list" as const),
  partition: fc.constantFrom(...PARTITIONS),
  height: anyHeight,
  givenUp: fc.option(anyHeight, { nil: undefined }),
});
const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.oneof(follow, goBack, list), {
  maxLength: 5,
});

const journeys = fc.record({
  /** A height for every partition. */
  first: fc.tuple(...PARTITIONS.map(() => anyHeight)),
  /** Height of a first download that is given up, of every partition. */
  givenUp: fc.option(anyHeight, { nil: undefined }),
  taken: steps,
  isFiltered: fc.boolean(),
});

/** Two snapshots, and how many blocks were followed after the first before events were lost. */
const losses = fc.record({ first: anyHeight, followed: fc.nat(MOST_BLOCKS), second: anyHeight });

function lastHeightOf(blocks: readonly Block[]): bigint {
  return BLOCK_BEFORE + BigInt(blocks.length);
}

/** The lower of two heights. */
function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** A store brought through a history by snapshots and blocks. */
interface Mirroring {
  readonly store: Store;
  readonly blocks: readonly Block[];
  readonly follower: Follower;
  /** Heights of partitions as listed last. */
  readonly heights: Map<number, bigint>;
  /** Whether changes that partitions contain are left out. */
  readonly isFiltered: boolean;
}

/**
 * Lists partitions as the node had them, and goes on from where the lowest of all stands.
 *
 * Whoever does not leave out what partitions contain has brought a part of it back, and has to
 * follow on from there: skipping to a height would miss how that part ended.
 */
async function listPartitions(
  { store, blocks, follower, heights, isFiltered }: Mirroring,
  listed: readonly (readonly [partition: number, height: bigint])[],
): Promise<void> {
  const newest = lastHeightOf(blocks);
  const capped = listed.map(([partition, height]) => [partition, lower(height, newest)] as const);
  const mayGoForward = isFiltered || heights.size === 0;
  await applyListings(
    store,
    capped.map(([partition, height]) => listingOf(blocks, partition, height)),
  );
  for (const [partition, height] of capped) heights.set(partition, height);
  const lowest = [...heights.values()].reduce(lower);
  await follower.goTo(mayGoForward ? lowest : lower(lowest, follower.height));
}

async function takeStep(mirroring: Mirroring, step: Step): Promise<void> {
  const { store, blocks, follower, heights, isFiltered } = mirroring;
  if (step.kind === "list") {
    const { partition, height, givenUp } = step;
    if (givenUp !== undefined) {
      const newest = lower(givenUp, lastHeightOf(blocks));
      await beginListing(store, listingOf(blocks, partition, newest));
    }
    await listPartitions(mirroring, [[partition, height]]);
  }
  if (step.kind === "goBack" && step.height < follower.height) await follower.goTo(step.height);
  if (step.kind === "follow") await follower.follow(step.count, isFiltered ? heights : undefined);
}

/** States of all rows, by key. */
async function statesOf(store: Store): Promise<ReadonlyMap<string, RowState>> {
  const states = new Map<string, RowState>();
  for await (const [table, { row, state }] of listEveryRow(store)) {
    states.set(rowKey(table, row), state);
  }
  return states;
}

/** What of a row's state came after a position; what came before may not be known. */
function stateAfter(state: RowState | undefined, position: bigint): Partial<RowState> {
  if (state === undefined) return {};
  const { eventId, deletedEventId, deletedAt, deletedReason } = state;
  return {
    ...(eventId > position ? { eventId } : {}),
    ...((deletedEventId ?? 0n) > position ? { deletedEventId, deletedAt, deletedReason } : {}),
  };
}

const partitionLaws: readonly ConformanceCase[] = [
  law(
    "leaves the same rows in whatever order partitions come, page by page",
    [fc.array(anyListing, { minLength: 2, maxLength: 3 })],
    async ({ openStore }, any) => {
      const listings = [...new Map(any.map((each) => [each.virtualShard, each])).values()];
      await using store = await openStore();
      await applyListings(store, listings);
      const other = openMemoryStore();
      for (const each of listings.toReversed()) await applyListing(other, each);
      await assertSameRows(store, other);
    },
  ),
  law(
    "does what the memory store does, even with snapshots that no node would serve",
    [shardHistory, fc.array(fc.oneof(follow, goBack, anyListing), { minLength: 1, maxLength: 6 })],
    async ({ openStore }, blocks, mixed) => {
      async function play(store: Store): Promise<void> {
        const follower = createFollower(store, blocks);
        await follower.goTo(BLOCK_BEFORE);
        for (const each of mixed) {
          if (!("kind" in each)) await applyListing(store, each as Listing);
          if (!("kind" in each)) await follower.goTo(follower.height);
          else if (each.kind === "follow") await follower.follow(each.count);
          else await follower.goTo(lower(each.height, follower.height));
        }
      }
      await using store = await openStore();
      const other = openMemoryStore();
      await play(store);
      await play(other);
      await assertSameRows(store, other);
    },
  ),
];

const mirrorLaws: readonly ConformanceCase[] = [
  law(
    "holds what the node holds, snapshots and blocks interleaved at any point",
    [shardHistory, journeys],
    async ({ openStore }, blocks, { first, givenUp, taken, isFiltered }) => {
      await using store = await openStore();
      const follower = createFollower(store, blocks);
      const mirroring = { store, blocks, follower, heights: new Map<number, bigint>(), isFiltered };
      const { heights } = mirroring;
      for (const partition of givenUp === undefined ? [] : PARTITIONS) {
        const height = lower(givenUp ?? BLOCK_BEFORE, lastHeightOf(blocks));
        await beginListing(store, listingOf(blocks, partition, height));
      }
      await listPartitions(
        mirroring,
        PARTITIONS.map((partition, index) => [partition, first[index] ?? BLOCK_BEFORE]),
      );
      for (const step of taken) await takeStep(mirroring, step);
      await follower.finish(isFiltered ? heights : undefined);
      await assertMirrors(store, blocks);
    },
  ),
  law(
    "comes to the same by events and by a newer snapshot when events were lost",
    [shardHistory, losses],
    async ({ openStore }, blocks, { first, followed, second }) => {
      const newest = lastHeightOf(blocks);
      const [from, to] = [lower(first, newest), lower(second, newest)];
      fc.pre(from < to);
      const start = async (store: Store) => {
        const follower = createFollower(store, blocks);
        const mirroring = { store, blocks, follower, heights: new Map(), isFiltered: true };
        const listAt = (height: bigint) =>
          listPartitions(
            mirroring,
            PARTITIONS.map((partition) => [partition, height]),
          );
        await listAt(from);
        return { follower, listAt };
      };
      await using store = await openStore();
      const { follower, listAt } = await start(store);
      await follower.follow(Math.min(followed, Number(to - from)));
      await listAt(to);
      await follower.finish();
      await assertMirrors(store, blocks);

      const whole = openMemoryStore();
      await (await start(whole)).follower.finish();
      const [states, wholeStates] = [await statesOf(store), await statesOf(whole)];
      for (const [key, state] of states) {
        const expected = stateAfter(wholeStates.get(key), lastPositionOf(to));
        assert.deepEqual({ key, ...stateAfter(state, lastPositionOf(to)) }, { key, ...expected });
      }
    },
  ),
];

/** Laws of a store that takes snapshots, and blocks between them. */
export const SNAPSHOT_LAWS: readonly ConformanceCase[] = [...partitionLaws, ...mirrorLaws];
