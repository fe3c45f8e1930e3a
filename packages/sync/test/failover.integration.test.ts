// Several nodes of one network, of which any may go.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, DevnetNode } from "@snaprag/devnet";
import { afterEach, describe, expect, it } from "vitest";
import { createSyncer } from "../src/index.ts";
import { differences, newStore, startDevnet } from "./support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** Fast to give up, so that the pool is what is tested and not the client's own retries. */
function connect(endpoint: string) {
  return createNodeClient({ endpoint, retry: { attempts: 1 }, timeoutMs: 5000 });
}

async function syncWith(nodes: readonly string[], store: ReturnType<typeof newStore>) {
  const [client, ...standbys] = nodes.map(connect);
  if (client === undefined) throw new TypeError("Expected at least one node");
  try {
    const syncer = createSyncer({ client, standbys, store, holder: "a test", syncIntervalMs: 20 });
    await syncer.run({ untilSynced: true });
  } finally {
    await Promise.all([client, ...standbys].map((each) => each.close()));
  }
}

describe("a sync with a node that stands by", () => {
  it("goes on there, at another snapshot, when the first is gone in mid-history", async () => {
    devnet = await startDevnet({ users: 20, messages: 1500 });
    const standby = await devnet.addNode();
    await devnet.produceBlock(7);
    standby.dropSnapshots();
    await devnet.produceBlock(5);
    const store = newStore();
    const wrote = { count: 0 };
    const watched = {
      ...store,
      async applyPage(page: Parameters<typeof store.applyPage>[0]) {
        wrote.count += 1;
        if (wrote.count === 200) {
          devnet.setFaults({ rpcErrors: [{ method: "GetShardTransactions", code: 14 }] });
        }
        await store.applyPage(page);
      },
    };

    await syncWith([devnet.endpoint, standby.endpoint], watched);

    expect(await differences(devnet, store)).toEqual([]);
    const heights = new Set((await store.listPartitions(1)).map(({ height }) => height));
    expect(heights.size).toBe(2);
  });

  it("follows it from a whole block on, whatever the order inside its blocks", async () => {
    devnet = await startDevnet({ users: 20, messages: 500, blockMs: 30, trafficPerBlock: 40 });
    const standby: DevnetNode = await devnet.addNode();
    const store = newStore();
    const stop = new AbortController();
    const [client, other] = [connect(devnet.endpoint), connect(standby.endpoint)];
    const syncer = createSyncer({
      client,
      standbys: [other],
      store,
      holder: "a test",
      syncIntervalMs: 20,
    });
    const following = syncer.run({ signal: stop.signal });
    const failing = {
      failStream: { chance: 0.01, method: "Subscribe", code: 14 },
      rpcErrors: [{ method: "GetEvents", code: 14, chance: 0.7 }],
    } as const;
    for (const [node, calm] of [
      [devnet, standby],
      [standby, devnet],
      [devnet, standby],
    ] as const) {
      const applied = syncer.progress().find(({ shardId }) => shardId === 1)?.blockNumber ?? 0n;
      node.setFaults(failing);
      calm.setFaults({});
      await expect
        .poll(() => syncer.progress().find(({ shardId }) => shardId === 1)?.blockNumber, {
          timeout: 30_000,
        })
        .toBeGreaterThan(applied + 25n);
    }
    devnet.pause();
    stop.abort();
    await following;
    await Promise.all([client.close(), other.close()]);
    devnet.setFaults({});
    await syncWith([devnet.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("goes on there when the first is gone while it is followed", async () => {
    devnet = await startDevnet({ users: 20, messages: 500, blockMs: 30 });
    const first = await devnet.addNode();
    const store = newStore();
    const stop = new AbortController();
    const [client, other] = [connect(first.endpoint), connect(devnet.endpoint)];
    const syncer = createSyncer({
      client,
      standbys: [other],
      store,
      holder: "a test",
      syncIntervalMs: 20,
    });
    const following = syncer.run({ signal: stop.signal });
    /** Whether every shard has applied blocks after these. */
    const isPast = (heights: ReadonlyMap<number, bigint>) =>
      [...heights].every(([id, height]) => {
        const shard = syncer.progress().find(({ shardId }) => shardId === id);
        return shard?.phase === "realtime" && shard.blockNumber > height;
      });
    const start = devnet.heights();
    await expect.poll(() => isPast(start), { timeout: 30_000 }).toBe(true);
    await first.stop();
    const lastOfFirst = devnet.heights();
    await expect.poll(() => isPast(lastOfFirst), { timeout: 30_000 }).toBe(true);
    devnet.pause();
    stop.abort();
    await following;
    await Promise.all([client.close(), other.close()]);
    await syncWith([devnet.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
  });
});
