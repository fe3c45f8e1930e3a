// Several nodes of one network, of which any may go.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, Submission } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { startBareNode } from "../../../test/support/bare-node.ts";
import type { SyncerOptions } from "../src/index.ts";
import { createSyncer } from "../src/index.ts";
import { cast, findFid, register } from "./support/accounts.ts";
import { differences, newStore, startDevnet } from "./support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** Fast to give up, so that the pool is what is tested and not the client's own retries. */
function connect(endpoint: string) {
  return createNodeClient({ endpoint, retry: { attempts: 1 }, timeoutMs: 5000 });
}

async function syncWith(
  nodes: readonly string[],
  store: ReturnType<typeof newStore>,
  options: Partial<SyncerOptions> = {},
) {
  const [client, ...standbys] = nodes.map(connect);
  if (client === undefined) throw new TypeError("Expected at least one node");
  try {
    const syncer = createSyncer({
      client,
      standbys,
      store,
      holder: "a test",
      syncIntervalMs: 20,
      ...options,
    });
    await syncer.run({ untilSynced: true });
  } finally {
    await Promise.all([client, ...standbys].map((each) => each.close()));
  }
}

/** Follows the first of some nodes, the others standing by, until told to end. */
function follow(
  endpoints: readonly string[],
  store: ReturnType<typeof newStore>,
  options: Partial<SyncerOptions> = {},
) {
  const [client, ...standbys] = endpoints.map(connect);
  if (client === undefined) throw new TypeError("Expected at least one node");
  const stop = new AbortController();
  const syncing = { client, standbys, store, holder: "a test", syncIntervalMs: 20 };
  const syncer = createSyncer({ ...syncing, ...options });
  const running = syncer.run({ signal: stop.signal });
  async function end(): Promise<void> {
    stop.abort();
    await running;
    await Promise.all([client, ...standbys].map((each) => each?.close()));
  }
  return {
    /** Whether every shard has applied blocks after these. */
    isPast: (heights: ReadonlyMap<number, bigint>) =>
      [...heights].every(([id, height]) => {
        const shard = syncer.progress().find(({ shardId }) => shardId === id);
        return shard?.phase === "realtime" && shard.blockNumber > height;
      }),
    end,
    [Symbol.asyncDispose]: end,
  };
}

/** Makes blocks until one of them has been applied. */
async function followBlock({ isPast }: ReturnType<typeof follow>): Promise<void> {
  const before = devnet.heights();
  const makeBlock = () => devnet.produceBlock().then(() => isPast(before));
  await expect.poll(makeBlock, { timeout: 30_000 }).toBe(true);
}

/** A user with one storage unit, which holds 100 casts (docs/protocol.md 6.4). */
const AUTHOR = { fid: 4_000_000n, signer: createSigner("an author") };

/** Casts from a second on, one for each. */
function publishCasts(timestamp: number, count: number): readonly Submission[] {
  return Array.from({ length: count }, (_, index) =>
    cast(AUTHOR, `cast ${timestamp + index}`, timestamp + index),
  );
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

  it("follows shard 0 there when the first answers and has nothing new", async () => {
    const history = { users: 10, messages: 0 };
    devnet = await startDevnet(history);
    // The same chain at a node that goes on.
    await using ahead = await startDevnet(history);
    const stalledAt = devnet.heights();
    await ahead.produceBlock(5);
    const only = new Map([[0, stalledAt.get(0) ?? 0n]]);
    const nodes = [devnet.endpoint, ahead.endpoint];

    await using following = follow(nodes, newStore(), { shardIds: [0] });

    await expect.poll(() => following.isPast(only), { timeout: 45_000 }).toBe(true);
  });

  it("begins there when the first cannot be mirrored yet", async () => {
    devnet = await startDevnet({ users: 10, messages: 100 });
    await using withoutBlocks = await startBareNode();
    const store = newStore();

    await syncWith([withoutBlocks.endpoint, devnet.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("reads no account there when the node is behind the snapshot", async () => {
    const history = { users: 40, messages: 300, trafficPerBlock: 30 };
    devnet = await startDevnet(history);
    // The same chain, as a node has it that has yet to catch up.
    await using behind = await startDevnet(history);
    await devnet.produceBlock(100);
    devnet.dropSnapshots();
    await devnet.produceBlock();
    const method = "GetUserNameProofsByFid";
    devnet.setFaults({ rpcErrors: [{ method, code: 14, times: 50 }] });
    const store = newStore();

    await syncWith([devnet.endpoint, behind.endpoint], store, { lanes: 512 });
    await syncWith([devnet.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("lists no accounts there when the node is behind the snapshot", async () => {
    const history = { users: 10, messages: 0, trafficPerBlock: 0 };
    devnet = await startDevnet(history);
    await using behind = await startDevnet(history);
    const newcomer = findFid((fid) => homeShardOf(fid, 2) === 1);
    devnet.submit(...register(newcomer, createSigner("a newcomer")));
    await devnet.produceBlock();
    devnet.dropSnapshots();
    await devnet.produceBlock();
    // Both shards turn to the other node for the list, and back for the pages.
    devnet.setFaults({
      rpcErrors: [{ method: "GetFids", code: 14, times: 30 }],
      unpageable: { virtualShards: [virtualShardOf(newcomer)] },
    });
    behind.setFaults({ rpcErrors: [{ method: "GetShardTransactions", code: 14 }] });
    const store = newStore();

    await syncWith([devnet.endpoint, behind.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
    expect(devnet.faultCounts().get("unpageable")).toBeGreaterThan(0);
  });

  it("begins a block anew there when the node fails in the middle of it", async () => {
    devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
    const standby = await devnet.addNode();
    devnet.submit(...register(AUTHOR.fid, AUTHOR.signer), ...publishCasts(1, 100));
    await devnet.produceBlock();
    const store = newStore();
    await using following = follow([devnet.endpoint, standby.endpoint], store);

    for (const [node, timestamp] of [
      [devnet, 101],
      [standby, 141],
    ] as const) {
      // The first block may be one that was stored already; the next comes by the live stream.
      await followBlock(following);
      await followBlock(following);
      // 40 casts are merged, then as many pruned, which each node numbers in its own order.
      node.setFaults({ failStream: { method: "Subscribe", after: 60, times: 1, code: 14 } });
      const before = devnet.heights();
      devnet.submit(...publishCasts(timestamp, 40));
      await devnet.produceBlock();
      await expect.poll(() => following.isPast(before), { timeout: 30_000 }).toBe(true);
      expect(node.faultCounts().get("failStream")).toBe(1);
    }
    await following.end();

    expect(await differences(devnet, store)).toEqual([]);
    expect((await store.countRows()).get("casts")).toMatchObject({ live: 100, total: 180 });
  });

  it("goes on there when the first is gone while it is followed", async () => {
    devnet = await startDevnet({ users: 20, messages: 500, blockMs: 30 });
    const first = await devnet.addNode();
    const store = newStore();
    await using following = follow([first.endpoint, devnet.endpoint], store);
    const start = devnet.heights();
    await expect.poll(() => following.isPast(start), { timeout: 30_000 }).toBe(true);
    await first.stop();
    const lastOfFirst = devnet.heights();
    await expect.poll(() => following.isPast(lastOfFirst), { timeout: 30_000 }).toBe(true);

    devnet.pause();
    await following.end();
    await syncWith([devnet.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
  });
});

describe("a sync that shares its store with another", () => {
  it("leaves what it follows to that one when its own nodes are gone", async () => {
    devnet = await startDevnet({ users: 20, messages: 500, blockMs: 30 });
    const own = [await devnet.addNode(), await devnet.addNode()] as const;
    const store = newStore();
    await using leader = follow(
      own.map(({ endpoint }) => endpoint),
      store,
    );
    const start = devnet.heights();
    await expect.poll(() => leader.isPast(start), { timeout: 30_000 }).toBe(true);
    // From now on it has used both.
    await own[0].stop();
    const lastOfFirst = devnet.heights();
    await expect.poll(() => leader.isPast(lastOfFirst), { timeout: 30_000 }).toBe(true);
    await using other = follow([devnet.endpoint], store);

    await own[1].stop();
    const lastOfOwn = devnet.heights();

    await expect.poll(() => other.isPast(lastOfOwn), { timeout: 60_000 }).toBe(true);
  }, 120_000);

  it("leaves what it was downloading to that one when its own node fails", async () => {
    devnet = await startDevnet({ users: 20, messages: 500 });
    const own = await devnet.addNode();
    own.setFaults({ rpcErrors: [{ method: "GetShardTransactions", code: 14 }] });
    const store = newStore();
    await using _leader = follow([own.endpoint], store);
    await expect
      .poll(async () => (await store.listPartitions(2)).length, { timeout: 30_000 })
      .toBe(256);

    await syncWith([devnet.endpoint], store);

    expect(await differences(devnet, store)).toEqual([]);
  });
});
