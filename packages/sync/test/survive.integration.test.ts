// What goes wrong on the way, and does not matter.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { createSyncer } from "../src/index.ts";
import { findFid, register } from "./support/accounts.ts";
import { differences, newStore, startDevnet, sync } from "./support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A store that tells before each page or block batch, so that a test can step in. */
function observed(store: Store, onWrite: (count: number) => Promise<void> | void): Store {
  let count = 0;
  const observe = async () => {
    count += 1;
    await onWrite(count);
  };
  return {
    ...store,
    async applyPage(page) {
      await observe();
      await store.applyPage(page);
    },
    async applyBlocks(batch) {
      await observe();
      await store.applyBlocks(batch);
    },
  };
}

/** A store whose connection breaks at some writes: before them, or before their answer. */
function unreliable(store: Store, isBroken: (count: number) => "before" | "after" | false): Store {
  let count = 0;
  const lost = () => new StorageError("connection", "the connection was lost");
  const attempt = async (write: () => Promise<void>) => {
    count += 1;
    const broken = isBroken(count);
    if (broken === "before") throw lost();
    await write();
    if (broken === "after") throw lost();
  };
  return {
    ...store,
    applyPage: (page) => attempt(() => store.applyPage(page)),
    applyBlocks: (batch) => attempt(() => store.applyBlocks(batch)),
  };
}

describe("a sync", () => {
  it("goes on at a newer snapshot when the node drops the one it reads", async () => {
    devnet = await startDevnet();
    const store = newStore();
    const rotating = observed(store, async (count) => {
      if (count !== 150 && count !== 400) return;
      await devnet.produceBlock(20);
      devnet.dropSnapshots();
      await devnet.produceBlock();
    });

    await sync(devnet, rotating, { lanes: 3 });

    expect(await differences(devnet, store)).toEqual([]);
    const heights = new Set((await store.listPartitions(1)).map(({ height }) => height));
    expect(heights.size).toBeGreaterThan(1);
    const [shard] = (await store.listShards()).filter(({ shardId }) => shardId === 1);
    expect(shard?.snapshotHeight).toBe([...heights].sort((a, b) => (a < b ? -1 : 1))[0]);
  });

  it("reads accounts that came after it began, where pages of a newer snapshot fail", async () => {
    devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
    const newcomer = findFid((fid) => homeShardOf(fid, 2) === 1 && virtualShardOf(fid) > 250);
    const store = newStore();
    let hasCome = false;
    const growing: Store = {
      ...store,
      async applyPage(page) {
        await store.applyPage(page);
        if (hasCome || page.shardId !== 1 || page.virtualShard < 100) return;
        hasCome = true;
        devnet.submit(...register(newcomer, createSigner("a newcomer")));
        await devnet.produceBlock();
        devnet.dropSnapshots();
        devnet.setFaults({ unpageable: { virtualShards: [virtualShardOf(newcomer)] } });
        await devnet.produceBlock();
      },
    };

    // Proofs would find what is missing, and have it repaired.
    await sync(devnet, growing, { lanes: 2, verification: "none" });

    expect(await differences(devnet, store)).toEqual([]);
    expect(devnet.faultCounts().get("unpageable")).toBeGreaterThan(0);
  });

  it("reads a newer snapshot when the node no longer has the next event, and keeps history", async () => {
    devnet = await startDevnet({ eventRetentionMs: 60_000, snapshotMaxAgeMs: 30_000 });
    const store = newStore();
    await sync(devnet, store);
    const before = await store.countRows();
    await devnet.produceBlock(200);
    devnet.pruneChunks();

    await sync(devnet, store);

    expect(await differences(devnet, store)).toEqual([]);
    const after = await store.countRows();
    for (const [table, { total }] of before) {
      expect(after.get(table)?.total, table).toBeGreaterThanOrEqual(total);
    }
    const reasons = new Set<string | null>();
    for await (const { state } of store.listRows("reactions")) reasons.add(state.deletedReason);
    expect(reasons).toContain("unlisted");
  });

  it("reads one too where it began without, and does not go on after the hole", async () => {
    devnet = await startDevnet({ eventRetentionMs: 60_000, snapshotMaxAgeMs: 30_000 });
    const store = newStore();
    await sync(devnet, store, { mode: "realtime" });
    await devnet.produceBlock(200);

    await sync(devnet, store, { mode: "realtime" });

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("waits for a snapshot when the newest is older than the events that are left", async () => {
    devnet = await startDevnet({ users: 12, messages: 200, snapshotIntervalBlocks: 1000 });
    const store = newStore();
    await sync(devnet, store);
    await devnet.produceBlock(30);
    devnet.pruneEvents();
    devnet.pruneChunks();
    const planned: bigint[] = [];
    const watched: Store = {
      ...store,
      async planSnapshot(plan) {
        planned.push(plan.height);
        await store.planSnapshot(plan);
      },
      async recordFault(fault) {
        if (fault.code === "no_snapshot") devnet.takeSnapshot();
        await store.recordFault(fault);
      },
    };

    await sync(devnet, watched);

    expect(await differences(devnet, store)).toEqual([]);
    const newest = devnet.heights();
    const heights = planned.filter((height) => height > 0n);
    expect(heights.sort()).toEqual([newest.get(1), newest.get(2)].sort());
  });

  it("ends with the same rows when any write fails, or its answer is lost", async () => {
    devnet = await startDevnet({ users: 20, messages: 800 });
    const store = newStore();
    const failing = unreliable(store, (count) => {
      if (count % 40 === 7) return "before";
      return count % 40 === 27 && "after";
    });
    await sync(devnet, failing);
    await devnet.produceBlock(30);
    await sync(
      devnet,
      unreliable(store, (count) => (count === 1 ? "after" : count === 2 && "before")),
    );

    expect(await differences(devnet, store)).toEqual([]);
    const shards = await store.listShards();
    expect(shards.reduce((sum, { errorCount }) => sum + errorCount, 0)).toBeGreaterThan(10);
  });

  it("lets many partitions wait at a time, without a warning from Node.js", async () => {
    devnet = await startDevnet({ users: 10, messages: 0 });
    const error = { method: "GetShardTransactions", code: 14, times: 60 } as const;
    devnet.setFaults({ rpcErrors: [error] });
    const { endpoint } = devnet;
    await using client = createNodeClient({ endpoint, retry: { attempts: 1 } });
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);

    const store = newStore();
    await createSyncer({ client, store, holder: "a test" }).run({ untilSynced: true });
    process.off("warning", onWarning);

    const shards = await store.listShards();
    expect(shards.reduce((sum, { retryCount }) => sum + retryCount, 0)).toBe(60);
    expect(warnings).toEqual([]);
  });
});
