// How blocks are written while they are followed: in order, one batch at a time, and without delay.
import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@snaprag/devnet";
import type { BlockBatch, Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A store that takes its time, fails now and then, and notes what was asked of it. */
function slowAndFailing(store: Store, isFailing: (count: number) => boolean) {
  const writing = new Map<number, number>();
  const overlapping: BlockBatch[] = [];
  const outOfPlace: BlockBatch[] = [];
  let count = 0;
  async function applyBlocks(batch: BlockBatch): Promise<void> {
    const { shardId, previousBlock } = batch;
    const others = writing.get(shardId) ?? 0;
    if (others > 0) overlapping.push(batch);
    writing.set(shardId, others + 1);
    try {
      const shard = (await store.listShards()).find((each) => each.shardId === shardId);
      if (shard?.blockNumber !== previousBlock) outOfPlace.push(batch);
      count += 1;
      const fails = isFailing(count);
      await delay(5);
      if (fails) throw new StorageError("connection", "the connection was lost");
      await store.applyBlocks(batch);
    } finally {
      writing.set(shardId, (writing.get(shardId) ?? 1) - 1);
    }
  }
  const writes = () => count;
  return { store: { ...store, applyBlocks }, overlapping, outOfPlace, writes };
}

describe("following a shard", () => {
  it("writes a batch only when the one before it is written, and none after one that failed", async () => {
    devnet = await startDevnet({ users: 20, messages: 600, trafficPerBlock: 120 });
    const store = newStore();
    await sync(devnet, store);
    await devnet.produceBlock(150);
    const watched = slowAndFailing(store, (count) => count === 2 || count === 5);

    await sync(devnet, watched.store);

    expect(watched.writes()).toBeGreaterThan(7);
    expect(watched.overlapping).toEqual([]);
    expect(watched.outOfPlace).toEqual([]);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("lets the node's newest block wait for nothing that has not happened yet", async () => {
    devnet = await startDevnet({ users: 20, messages: 600 });
    const store = newStore();
    await sync(devnet, store);
    await devnet.produceBlock(20);
    const startedAt = performance.now();

    await sync(devnet, store, { syncIntervalMs: 60_000 });

    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(await differences(devnet, store)).toEqual([]);
  });
});
