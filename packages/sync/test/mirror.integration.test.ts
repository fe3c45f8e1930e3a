// The whole way of the data, from a devnet over real gRPC into the reference store.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { afterEach, describe, expect, it } from "vitest";
import type { Syncer } from "../src/index.ts";
import { createSyncer } from "../src/index.ts";
import { differences, newStore, startDevnet, sync } from "./support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

const byShard = (entries: Iterable<readonly [number, bigint]>) =>
  [...entries].sort(([a], [b]) => a - b);

function blocksOf(syncer: Syncer) {
  return byShard(syncer.progress().map(({ shardId, blockNumber }) => [shardId, blockNumber]));
}

it("catches up in each of its runs", async () => {
  devnet = await startDevnet({ users: 12, messages: 200 });
  const store = newStore();
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const syncer = createSyncer({ client, store, holder: "a test", syncIntervalMs: 20 });
  await syncer.run({ untilSynced: true });
  await devnet.produceBlock(30);

  await syncer.run({ untilSynced: true });

  expect(await differences(devnet, store)).toEqual([]);
});

describe("createSyncer()", () => {
  it("mirrors what the node holds, from its snapshots", async () => {
    devnet = await startDevnet({ gaslessKeys: false });
    const store = newStore();

    await sync(devnet, store);

    expect(await differences(devnet, store)).toEqual([]);
    expect(store.quarantined).toEqual([]);
  });

  it("reads accounts one by one where gasless keys make pages fail", async () => {
    devnet = await startDevnet({ gaslessKeys: true });
    const store = newStore();

    await sync(devnet, store);

    expect(await differences(devnet, store)).toEqual([]);
    const partitions = [...(await store.listPartitions(1)), ...(await store.listPartitions(2))];
    expect(partitions.some(({ fallbackCount }) => fallbackCount > 0)).toBe(true);
  });

  it("follows the node's blocks, and goes on where it stopped", async () => {
    devnet = await startDevnet();
    const store = newStore();
    await sync(devnet, store);
    for (let round = 0; round < 5; round++) {
      await devnet.produceBlock(40);
      await sync(devnet, store);
      expect(await differences(devnet, store)).toEqual([]);
    }
  });

  it("follows live while blocks are made", async () => {
    devnet = await startDevnet();
    const store = newStore();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const syncer = createSyncer({ client, store, holder: "a test", syncIntervalMs: 10 });
    const controller = new AbortController();
    const running = syncer.run({ signal: controller.signal });
    for (let block = 0; block < 60; block++) await devnet.produceBlock();
    await expect
      .poll(() => blocksOf(syncer), { timeout: 30_000 })
      .toEqual(byShard(devnet.heights()));
    controller.abort();
    await running;

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("replays events from a given id instead of downloading a snapshot", async () => {
    devnet = await startDevnet({ eventRetentionMs: Number.POSITIVE_INFINITY });
    const store = newStore();

    await sync(devnet, store, { fromEventId: 1n << 14n });

    expect(await differences(devnet, store)).toEqual([]);
    expect(await store.listPartitions(1)).toEqual([]);
  });

  it("mirrors some shards only, when told", async () => {
    devnet = await startDevnet();
    const store = newStore();

    await sync(devnet, store, { shardIds: [2] });

    const [shard, ...others] = await store.listShards();
    expect(shard).toMatchObject({ shardId: 2, phase: "realtime" });
    expect(others).toEqual([]);
    await expect(sync(devnet, newStore(), { shardIds: [1, 7] })).rejects.toMatchObject({
      code: "unknown_shard",
      shardId: 7,
    });
  });

  it("stops after the historical phase, when told", async () => {
    devnet = await startDevnet();
    const store = newStore();
    await using client = createNodeClient({ endpoint: devnet.endpoint });

    const syncer = createSyncer({ client, store, holder: "a test", mode: "historical" });
    await syncer.run();

    expect(await differences(devnet, store)).toEqual([]);
    const untouched = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(untouched.map(({ eventId }) => eventId)).toEqual([0n, 0n]);
  });

  it("starts at the node's tip in a realtime-only sync", async () => {
    devnet = await startDevnet();
    const store = newStore();
    const heights = devnet.heights();
    await sync(devnet, store, { mode: "realtime" });
    expect((await store.countRows()).get("casts")?.total).toBe(0);

    await devnet.produceBlock(10);
    await sync(devnet, store, { mode: "realtime" });

    const shards = await store.listShards();
    expect(shards.map(({ snapshotHeight }) => snapshotHeight)).toEqual(
      shards.map(({ shardId }) => heights.get(shardId)),
    );
    expect((await store.countRows()).get("reactions")?.total).toBeGreaterThan(0);
  });

  it("starts there too after a fault that came before the start", async () => {
    devnet = await startDevnet();
    const store = newStore();
    const fault = {
      shardId: 1,
      virtualShard: null,
      code: "connection",
      message: "",
      isRetried: true,
    };
    await store.recordFault(fault);

    await sync(devnet, store, { mode: "realtime" });

    expect(await store.listPartitions(1)).toEqual([]);
    expect((await store.countRows()).get("casts")?.total).toBe(0);
  });

  it("refuses to start at an event that no block has", async () => {
    devnet = await startDevnet();
    const store = newStore();

    await expect(sync(devnet, store, { fromEventId: 16_383n })).rejects.toThrow(
      /fromEventId.*16384/,
    );
    expect(await store.listShards()).toEqual([]);
  });

  it("refuses a store that another process syncs into", async () => {
    devnet = await startDevnet();
    const store = newStore();
    const lock = await store.acquireSyncLock("somebody else");

    await expect(sync(devnet, store)).rejects.toMatchObject({
      code: "locked",
      holder: "somebody else",
    });
    await lock.release();
    await sync(devnet, store);
  });
});
