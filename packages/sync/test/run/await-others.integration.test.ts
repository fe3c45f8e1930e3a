// Shards that end their downloads one after the other, and begin to follow together.
import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { afterEach, expect, it } from "vitest";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

async function areAllDone(store: Store): Promise<boolean> {
  const partitions = await Promise.all([1, 2].map((shardId) => store.listPartitions(shardId)));
  return partitions.every(
    (each) => each.length > 0 && each.every(({ status }) => status === "done"),
  );
}

it("waits for the download of another shard that is nearly over", async () => {
  devnet = await startDevnet({ users: 10, messages: 300 });
  const store = newStore();
  const found: boolean[] = [];
  const slow: Store = {
    ...store,
    async applyPage(page) {
      if (page.shardId === 2) await delay(20);
      await store.applyPage(page);
    },
    async startRealtime(shardId, blockNumber) {
      if (shardId !== 0) found.push(await areAllDone(store));
      await store.startRealtime(shardId, blockNumber);
    },
  };

  await sync(devnet, slow);

  expect(found).toEqual([true, true]);
  expect(await differences(devnet, store)).toEqual([]);
});

it("waits for one that has yet to begin", async () => {
  devnet = await startDevnet({ users: 10, messages: 300 });
  const store = newStore();
  const found: boolean[] = [];
  const late: Store = {
    ...store,
    async planSnapshot(plan) {
      if (plan.shardId === 2) await delay(3000);
      await store.planSnapshot(plan);
    },
    async startRealtime(shardId, blockNumber) {
      if (shardId !== 0) found.push(await areAllDone(store));
      await store.startRealtime(shardId, blockNumber);
    },
  };

  await sync(devnet, late);

  expect(found).toEqual([true, true]);
});

it("does not wait for one that does not come to its end", async () => {
  devnet = await startDevnet({ users: 10, messages: 300 });
  const store = newStore();
  let isFollowed = false;
  const stuck: Store = {
    ...store,
    async applyPage(page) {
      if (page.shardId === 2 && !isFollowed) throw new StorageError("connection", "not now");
      await store.applyPage(page);
    },
    async startRealtime(shardId, blockNumber) {
      await store.startRealtime(shardId, blockNumber);
      if (shardId === 1) isFollowed = true;
    },
  };

  await sync(devnet, stuck);

  expect(await differences(devnet, store)).toEqual([]);
});
