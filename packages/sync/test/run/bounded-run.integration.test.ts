// Runs with an end: the rows are the node's state at that block, and the next run goes on from there.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { fromFarcasterTime } from "@snaprag/processors";
import type { MemoryStore, Store } from "@snaprag/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LiveSets } from "../../../../test/support/compare-mirror.ts";
import { compareLive, liveOfNode, liveOfStore } from "../../../../test/support/compare-mirror.ts";
import type { SyncEnd, Syncer, SyncerOptions } from "../../src/index.ts";
import { createSyncer } from "../../src/index.ts";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";

let devnet: Devnet;

beforeEach(async () => {
  // Long enough that everything a block can do happens in it.
  devnet = await startDevnet({ trafficPerBlock: 60, eventRetentionMs: Number.POSITIVE_INFINITY });
  // Its snapshots are of the block before.
  await devnet.produceBlock(3);
});
afterEach(() => devnet.stop());

/** The network at one moment. */
interface Moment {
  /** Time of the newest block, which all shards have made at once. */
  readonly time: Date;
  readonly heights: ReadonlyMap<number, bigint>;
  readonly live: LiveSets;
}

async function now(): Promise<Moment> {
  const heights = new Map(devnet.heights());
  const live = liveOfNode(devnet.listLive());
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const startBlock = heights.get(0) ?? 0n;
  for await (const { header } of client.readBlocks({ startBlock, stopBlock: startBlock + 1n })) {
    return { time: fromFarcasterTime(header?.timestamp ?? 0n), heights, live };
  }
  throw new Error("The devnet has no block");
}

const secondsAfter = ({ time }: Moment, seconds: number) =>
  new Date(time.getTime() + seconds * 1000);

/** A run with an end, with proofs as often as there can be. */
function begin(store: Store, until: SyncEnd, options: Partial<SyncerOptions> = {}) {
  const client = createNodeClient({ endpoint: devnet.endpoint });
  const fixed = { client, store, holder: "a test", syncIntervalMs: 20, proofInterval: 1 };
  const syncer = createSyncer({ ...fixed, ...options });
  const ended = syncer.run({ until }).finally(() => client.close());
  ended.catch(() => undefined);
  return { syncer, ended };
}

async function heightsOf(store: Store): Promise<ReadonlyMap<number, bigint>> {
  return new Map((await store.listShards()).map((each) => [each.shardId, each.blockNumber]));
}

async function errorCounts(store: Store): Promise<readonly number[]> {
  return (await store.listShards()).map(({ errorCount }) => errorCount);
}

/** That a store is what the network was at a moment, and becomes what it is now. */
async function expectBetween(store: MemoryStore, moment: Moment): Promise<void> {
  expect(compareLive(await liveOfStore(store), moment.live)).toEqual([]);
  expect(await heightsOf(store)).toEqual(moment.heights);
  expect(await differences(devnet, store)).not.toEqual([]);
  await sync(devnet, store, { proofInterval: 1 });
  expect(await differences(devnet, store)).toEqual([]);
  expect(await errorCounts(store)).toEqual([0, 0, 0]);
}

const isFollowing = (syncer: Syncer) => () =>
  syncer.progress().length >= 2 &&
  syncer.progress().every(({ phase, blockNumber, shardId }) => {
    return phase === "realtime" && blockNumber === devnet.heights().get(shardId);
  });

describe("a run with an end", () => {
  it.each([
    ["a time", ({ time }: Moment): SyncEnd => time],
    ["a time between two blocks", (moment: Moment): SyncEnd => secondsAfter(moment, 0.5)],
    ["a block of each shard", ({ heights }: Moment): SyncEnd => heights],
  ])("has the rows of that block, and is gone on from: %s", async (_, untilOf) => {
    const store = newStore();
    await sync(devnet, store);
    await devnet.produceBlock(25);
    const moment = await now();
    await devnet.produceBlock(25);

    await begin(store, untilOf(moment)).ended;
    // One that is there already.
    await begin(store, untilOf(moment)).ended;

    await expectBetween(store, moment);
  });

  it("waits for an end that is to come, and proves nothing against what comes after", async () => {
    const store = newStore();
    const until = secondsAfter(await now(), 10);
    const { syncer, ended } = begin(store, until);
    await expect.poll(isFollowing(syncer), { timeout: 30_000 }).toBe(true);
    await devnet.produceBlock(10);
    const moment = await now();
    expect(moment.time).toEqual(until);
    await devnet.produceBlock(20);

    await ended;

    await expectBetween(store, moment);
  });

  it("replays events up to a block", async () => {
    const store = newStore();
    const moment = await now();
    await devnet.produceBlock(10);

    await begin(store, moment.heights, { fromEventId: 1n << 14n }).ended;

    expect(compareLive(await liveOfStore(store), moment.live)).toEqual([]);
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("ends for all who lead shards, whoever comes to an end first", async () => {
    const store = newStore();
    await sync(devnet, store);
    await devnet.produceBlock(25);
    const moment = await now();
    await devnet.produceBlock(25);

    const even = (shardId: number) => shardId % 2 === 0;
    const others = [even, (shardId: number) => !even(shardId), undefined, undefined];
    await Promise.all(others.map((leads) => begin(store, moment.time, { leads }).ended));

    await expectBetween(store, moment);
  });

  it("lets others have the lead of a shard that is at its end, who may be waiting for it", async () => {
    const store = newStore();
    await sync(devnet, store);
    await devnet.produceBlock(10);
    const moment = await now();
    await devnet.produceBlock(10);
    const other = await store.joinSync("another that leads shard 2");
    await other.leadShard(2);

    const { ended } = begin(store, moment.time);
    await expect
      .poll(() => heightsOf(store).then((heights) => heights.get(1)))
      .toBe(moment.heights.get(1));
    await expect.poll(() => other.leadShard(1), { timeout: 10_000 }).toBe(true);
    await other.release();
    await ended;

    await expectBetween(store, moment);
  });
});

describe("an end that cannot be met", () => {
  it.each([
    ["a time", ({ time }: Moment): SyncEnd => time],
    ["a block of each shard", ({ heights }: Moment): SyncEnd => heights],
  ])("is refused before anything is written where history is missing: %s", async (_, untilOf) => {
    const moment = await now();
    await devnet.produceBlock();
    const store = newStore();

    const { ended } = begin(store, untilOf(moment));

    await expect(ended).rejects.toMatchObject({ code: "end_passed", retryable: false });
    expect(await store.listShards()).toEqual([]);
    expect(await store.listPartitions(1)).toEqual([]);
    // Not even whose network it is of.
    await store.bindNetwork({ network: 77, shardCount: 9 });
  });

  it("is refused where the store is past it", async () => {
    const moment = await now();
    await devnet.produceBlock();
    const store = newStore();
    await sync(devnet, store);
    const before = await store.listShards();

    const { ended } = begin(store, moment.time);

    await expect(ended).rejects.toMatchObject({ code: "end_passed" });
    expect(await store.listShards()).toEqual(before);
  });

  it("is refused right after a history that was read later", async () => {
    const moment = await now();
    await devnet.produceBlock(5);
    const store = newStore();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await createSyncer({ client, store, holder: "a test", mode: "historical" }).run();
    // Shard 0 has come to its tip.
    const shardIds = [1, 2];

    const early = begin(store, moment.time, { shardIds });
    await expect(early.ended).rejects.toMatchObject({ code: "end_passed" });
    const late = await now();
    const { syncer, ended } = begin(store, late.time, { shardIds });
    await expect.poll(isFollowing(syncer), { timeout: 30_000 }).toBe(true);
    await devnet.produceBlock(5);
    await ended;

    await expectBetween(store, late);
  });

  it("is told when it passes during the download, which the next run goes on from", async () => {
    const inner = newStore();
    let isPassed = false;
    const slow: Store = {
      ...inner,
      async applyPage(page) {
        if (!isPassed) {
          isPassed = true;
          await devnet.produceBlock(10);
        }
        await inner.applyPage(page);
      },
    };

    const { ended } = begin(slow, secondsAfter(await now(), 3));

    await expect(ended).rejects.toMatchObject({ code: "end_passed" });
    await sync(devnet, inner);
    expect(await differences(devnet, inner)).toEqual([]);
  });

  it("has to be of every shard, and of none whose blocks are not followed", async () => {
    const store = newStore();
    const only = (until: SyncEnd, options?: Partial<SyncerOptions>) =>
      begin(store, until, options).ended;

    await expect(only(new Map([[1, 5n]]))).rejects.toThrow(
      new TypeError("Expected `until` to name a block of shard 0, 2 too"),
    );
    await expect(only(new Date(), { mode: "historical" })).rejects.toThrow(TypeError);
    expect(await store.listShards()).toEqual([]);
  });
});
