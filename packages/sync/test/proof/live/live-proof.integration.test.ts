// Proof while blocks are followed: what got lost is noticed and put right by the sync itself.
import { setTimeout as delay } from "node:timers/promises";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { Change } from "@snaprag/processors";
import type { BlockBatch, MemoryStore, Store } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import { createSyncer } from "../../../src/index.ts";
import { differences, newStore, startDevnet, sync } from "../../support/mirrors.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A store that loses the casts of one batch, as a bug of its adapter would. */
function losing(store: MemoryStore, isLost: (batch: BlockBatch) => boolean): Store {
  let hasLost = false;
  return {
    ...store,
    async applyBlocks(batch) {
      const loses = !hasLost && batch.shardId > 0 && isLost(batch);
      hasLost ||= loses;
      const changes = batch.changes.filter((change) => !(loses && isCast(change)));
      await store.applyBlocks({ ...batch, changes });
    },
  };
}

function isCast(change: Change): boolean {
  return change.kind === "merge" && change.table === "casts";
}

function hasCasts({ changes }: BlockBatch): boolean {
  return changes.some(isCast);
}

describe("a sync that follows blocks", () => {
  it("proves the accounts that they touch, and repairs what it lost", async () => {
    devnet = await startDevnet({ users: 60, messages: 900 });
    const store = newStore();
    const { logger, errors } = createRecordingLogger();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const controller = new AbortController();
    let isFollowing = false;
    const syncer = createSyncer({
      ...{ client, logger, holder: "a test", syncIntervalMs: 10, proofInterval: 1 },
      store: losing(store, (batch) => isFollowing && hasCasts(batch)),
    });
    const running = syncer.run({ signal: controller.signal });
    const followed = () => syncer.progress().filter(({ isCaughtUp }) => isCaughtUp).length;
    await expect.poll(followed, { timeout: 30_000 }).toBe(3);
    isFollowing = true;

    for (let block = 0; block < 40 && errors.length === 0; block++) {
      await devnet.produceBlock(1);
      await delay(100);
    }
    controller.abort();
    await running;
    expect(errors.join("\n")).toMatch(
      /The account of fid \d+ was not what the node has: [1-9]\d* missing.*; repaired/,
    );
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("does not wait for what it proves, and repairs what that finds at whatever block", async () => {
    devnet = await startDevnet({ users: 40, messages: 600 });
    const store = newStore();
    const { logger, errors } = createRecordingLogger();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const controller = new AbortController();
    let isFollowing = false;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lossy = losing(store, (batch) => isFollowing && hasCasts(batch));
    const slow: Store = {
      ...lossy,
      async openView() {
        if (isFollowing) await held;
        return await lossy.openView();
      },
    };
    const syncer = createSyncer({
      ...{ client, logger, holder: "a test", syncIntervalMs: 10, proofInterval: 1, store: slow },
    });
    const running = syncer.run({ signal: controller.signal });
    const followed = () => syncer.progress().filter(({ isCaughtUp }) => isCaughtUp).length;
    await expect.poll(followed, { timeout: 30_000 }).toBe(3);
    isFollowing = true;

    await devnet.produceBlock(30);
    const heightOf = (shardId: number) =>
      syncer.progress().find((shard) => shard.shardId === shardId)?.blockNumber;
    await expect.poll(() => heightOf(1), { timeout: 10_000 }).toBe(devnet.heights().get(1));
    await expect.poll(() => heightOf(2), { timeout: 10_000 }).toBe(devnet.heights().get(2));
    expect(errors).toEqual([]);

    release();
    await devnet.produceBlock(1);
    await expect.poll(() => errors.join("\n"), { timeout: 20_000 }).toMatch(/missing.*; repaired/);
    controller.abort();
    await running;
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("proves nothing where it is told not to", async () => {
    devnet = await startDevnet({ users: 15, messages: 400 });
    const store = newStore();
    const { logger, errors } = createRecordingLogger();
    await sync(devnet, store);
    await devnet.produceBlock(10);
    const lossy = losing(store, hasCasts);
    await sync(devnet, lossy, { logger, proofInterval: 0 });

    expect(errors).toEqual([]);
    expect(await differences(devnet, store)).not.toEqual([]);
  });
});

describe("a download of several snapshots", () => {
  it("is proved by its rows, once they have followed the events to one block", async () => {
    devnet = await startDevnet({ users: 30, messages: 2000 });
    const store = newStore();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const controller = new AbortController();
    let pages = 0;
    const watched: Store = {
      ...store,
      async applyPage(page) {
        await store.applyPage(page);
        pages += 1;
        if (pages === 100) controller.abort();
      },
    };
    const options = { client, holder: "a test", syncIntervalMs: 20 };
    await createSyncer({ ...options, store: watched }).run({ signal: controller.signal });
    devnet.dropSnapshots();
    await devnet.produceBlock(30);
    devnet.takeSnapshot();
    await devnet.produceBlock(5);

    await sync(devnet, store);

    const heights = new Set((await store.listPartitions(1)).map(({ height }) => height));
    expect(heights.size).toBeGreaterThan(1);
    const proofs = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(proofs.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
    expect(await differences(devnet, store)).toEqual([]);
  });
});
