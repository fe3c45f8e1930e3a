// What the contract says of those who sync into one store, one by one.
import assert from "node:assert/strict";
import { StorageError } from "../../errors.ts";
import type { SyncMembership } from "../../progress.ts";
import type { Store } from "../../store.ts";
import type { ConformanceCase } from "../subject.ts";
import { applyListing } from "../world/snapshots.ts";

const SHARD = 1;
const HEIGHT = 10n;

/** Somebody who has the store for themselves, or syncs into it, refuses `work`. */
function isKeptOutBy(holder: string, work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, (error) => {
    return error instanceof StorageError && Boolean(error.holder?.includes(holder));
  });
}

function membership(
  name: string,
  holds: (store: Store, one: SyncMembership, other: SyncMembership) => Promise<void>,
): ConformanceCase {
  return {
    name,
    async run({ openStore }) {
      await using store = await openStore();
      await using one = await store.joinSync("one");
      await using other = await store.joinSync("other");
      await holds(store, one, other);
    },
  };
}

async function plan(store: Store, virtualShards: readonly number[]): Promise<void> {
  await store.planSnapshot({ shardId: SHARD, height: HEIGHT, virtualShards });
}

/** Who keeps a store to themselves, and who works in it together. */
export const MEMBERSHIP_CASES: readonly ConformanceCase[] = [
  {
    name: "gives a store to one holder at a time, who wants it alone",
    async run({ openStore }) {
      await using store = await openStore();
      const lock = await store.acquireSyncLock("the first");
      await isKeptOutBy("the first", store.acquireSyncLock("the second"));
      await isKeptOutBy("the first", store.joinSync("the second"));
      await lock.release();
      await lock.release();
      await (await store.acquireSyncLock("the second")).release();
    },
  },
  membership("keeps those out who want it alone while any sync", async (store, one, other) => {
    await isKeptOutBy("one", store.acquireSyncLock("the last"));
    await one.release();
    await isKeptOutBy("other", store.acquireSyncLock("the last"));
    await other.release();
    await (await store.acquireSyncLock("the last")).release();
  }),
  membership("gives the lead of a shard to one, until it leaves", async (_, one, other) => {
    assert.equal(await one.leadShard(SHARD), true);
    assert.equal(await other.leadShard(SHARD), false);
    assert.equal(await one.leadShard(SHARD), true);
    assert.equal(await other.leadShard(SHARD + 1), true);
    await one.release();
    assert.equal(await other.leadShard(SHARD), true);
  }),
  membership("gives a partition to one, until it leaves", async (store, one, other) => {
    await plan(store, [7, 8]);
    assert.equal((await one.takePartition(SHARD, 7))?.status, "pending");
    assert.equal(await other.takePartition(SHARD, 7), undefined);
    assert.equal((await one.takePartition(SHARD, 7))?.height, HEIGHT);
    assert.equal((await other.takePartition(SHARD, 8))?.virtualShard, 8);
    await one.release();
    assert.equal((await other.takePartition(SHARD, 7))?.virtualShard, 7);
  }),
  membership("gives what one gives back to whoever asks next", async (store, one, other) => {
    await plan(store, [7, 8]);
    await one.leadShard(SHARD);
    await one.takePartition(SHARD, 7);
    await one.takePartition(SHARD, 8);
    await other.giveBack(SHARD);
    await other.giveBack(SHARD, 7);
    assert.equal(await other.leadShard(SHARD), false);
    assert.equal(await other.takePartition(SHARD, 7), undefined);
    await one.giveBack(SHARD, 7);
    assert.equal((await other.takePartition(SHARD, 7))?.virtualShard, 7);
    assert.equal(await other.takePartition(SHARD, 8), undefined);
    assert.equal(await other.leadShard(SHARD), false);
    await one.giveBack(SHARD);
    assert.equal(await one.leadShard(SHARD), true);
    await one.giveBack(SHARD);
    assert.equal(await other.leadShard(SHARD), true);
    assert.equal(await one.leadShard(SHARD), false);
  }),
  membership("gives nobody a partition that is not planned", async (store, one) => {
    await plan(store, [7]);
    assert.equal(await one.takePartition(SHARD, 9), undefined);
    assert.equal(await one.takePartition(SHARD + 1, 7), undefined);
  }),
  membership("tells everybody of a partition that is done", async (store, one, other) => {
    await plan(store, [7]);
    await one.takePartition(SHARD, 7);
    await applyListing(store, { virtualShard: 7, height: HEIGHT, pages: [[]] });
    assert.equal((await other.takePartition(SHARD, 7))?.status, "done");
    assert.equal((await one.takePartition(SHARD, 7))?.status, "done");
  }),
  membership("sets partitions free that are planned again", async (store, one, other) => {
    await plan(store, [7, 8]);
    await one.takePartition(SHARD, 7);
    await one.takePartition(SHARD, 8);
    await plan(store, [7]);
    assert.equal((await other.takePartition(SHARD, 7))?.virtualShard, 7);
    assert.equal(await other.takePartition(SHARD, 8), undefined);
  }),
];
