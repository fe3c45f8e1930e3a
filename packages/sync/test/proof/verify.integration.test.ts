// A mirror proved against the node, from its snapshots on, through blocks.
import { setTimeout as delay } from "node:timers/promises";
import type { NodeClient } from "@snaprag/client";
import { createNodeClient, NodeClientError } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { firstPositionOf } from "@snaprag/processors";
import type { Store } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import type { ShardVerification, VerifyOptions } from "../../src/index.ts";
import { createSyncer, repairStore, verifyStore } from "../../src/index.ts";
import { createNodeReading } from "../../src/proof/node/create-node-reading.ts";
import { repairAccounts } from "../../src/proof/repair/repair-accounts.ts";
import { loseReactions } from "../support/lose-reactions.ts";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";

let devnet: Devnet;
let client: NodeClient;

afterEach(async () => {
  await client.close();
  await devnet.stop();
});

async function start(options: Parameters<typeof startDevnet>[0] = {}): Promise<Store> {
  devnet = await startDevnet({ users: 30, messages: 2000, ...options });
  client = createNodeClient({ endpoint: devnet.endpoint });
  const store = newStore();
  await sync(devnet, store);
  return store;
}

async function verify(
  store: Store,
  options: Partial<VerifyOptions> = {},
): Promise<readonly ShardVerification[]> {
  const found: ShardVerification[] = [];
  for await (const shard of verifyStore({ client, store, ...options })) found.push(shard);
  return found;
}

describe("the download", () => {
  it("is proved against the snapshot's block", async () => {
    const store = await start({ gaslessKeys: false });
    const proofs = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(proofs.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
    expect(proofs.map(({ proof }) => proof?.opaqueLeafCount)).toEqual([0n, 0n]);
  });

  it("is proved around gasless keys, which go in by hash", async () => {
    const store = await start({ gaslessKeys: true });
    const proofs = (await store.listShards()).filter(({ shardId }) => shardId > 0);
    expect(proofs.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
    expect(proofs.some(({ proof }) => (proof?.opaqueLeafCount ?? 0n) > 0n)).toBe(true);
  });
});

describe("verifyStore()", () => {
  it("proves every leaf of every shard from the rows", async () => {
    const store = await start();
    for (let round = 0; round < 4; round++) {
      const found = await verify(store);
      expect(
        found.map(({ status, differences, pending }) => [status, differences, pending]),
      ).toEqual([
        ["proved", [], []],
        ["proved", [], []],
      ]);
      await devnet.produceBlock(40);
      await sync(devnet, store);
    }
  });
});

describe("a mirror that is put right while it is verified", () => {
  it("is verified again, as it is by then", async () => {
    const whole = await start({ gaslessKeys: false });
    const broken = newStore();
    await sync(devnet, broken);
    await loseReactions(broken, 3);
    let views = 0;
    const mended: Store = {
      ...whole,
      // What is read first is not there any more when it is looked at closely.
      openView: () => (views++ === 0 ? broken : whole).openView(),
    };

    const found = await verify(mended);

    expect(found.map(({ status }) => status)).toEqual(["proved", "proved"]);
    expect(found.flatMap(({ differences: wrong }) => wrong)).toEqual([]);
  });
});

/** Accounts that are many enough, and blocks with so much in them, that most are changed by some blocks. */
const BUSY = { users: 30, messages: 600, trafficPerBlock: 30, gaslessKeys: false };

describe("a mirror that is being downloaded", () => {
  it("is not gone through for accounts to look at", async () => {
    devnet = await startDevnet({ users: 10, messages: 50 });
    client = createNodeClient({ endpoint: devnet.endpoint });
    const store = newStore();
    await sync(devnet, store);
    for (const shardId of [1, 2]) {
      const { blockNumber } = (await store.findShard(shardId)) ?? { blockNumber: 0n };
      const plan = { shardId, height: blockNumber, virtualShards: [0], fromBlock: blockNumber };
      await store.planSnapshot(plan);
    }
    const openView = () => Promise.reject(new Error("looked at"));

    const found = await verify({ ...store, openView }, { sample: 5 });

    expect(found.map(({ status }) => status)).toEqual(["unproved", "unproved"]);
  });
});

describe("a mirror without shard 0", () => {
  it("is not proved of accounts with gasless keys, whether all are looked at or some", async () => {
    devnet = await startDevnet({ users: 30, messages: 600, gaslessKeys: true });
    client = createNodeClient({ endpoint: devnet.endpoint });
    const store = newStore();
    await sync(devnet, store, { shardIds: [1, 2] });

    const whole = await verify(store);
    const some = await verify(store, { sample: 1000 });

    const accounts = (found: readonly ShardVerification[]) =>
      found.flatMap(({ withoutKeys }) => withoutKeys).sort();
    expect(accounts(whole).length).toBeGreaterThan(0);
    expect(accounts(some)).toEqual(accounts(whole));
    for (const { status, differences: found, withoutKeys } of [...whole, ...some]) {
      expect([status, found]).toEqual([withoutKeys.length > 0 ? "unproved" : "proved", []]);
    }
  });
});

describe("a node that is behind the store", () => {
  it("is compared with by nobody, and nothing is put right after it", async () => {
    const store = await start(BUSY);
    // The same chain, as a node has it that has yet to catch up.
    await using behind = await startDevnet(BUSY);
    await using other = createNodeClient({ endpoint: behind.endpoint });
    await devnet.produceBlock(20);
    await sync(devnet, store);
    const refusal = { name: "SyncError", code: "node_behind" };

    let readCount = 0;
    const onProgress = () => {
      readCount += 1;
    };

    await expect(verify(store, { client: other, onProgress })).rejects.toMatchObject(refusal);
    expect(readCount, "rows read in vain").toBe(0);
    await expect(verify(store, { client: other, sample: 5 })).rejects.toMatchObject(refusal);
    await expect(repairStore({ client: other, store }).next()).rejects.toMatchObject(refusal);

    expect(await differences(devnet, store)).toEqual([]);
  });
});

describe("a node that has pruned", () => {
  it("the store's block proves nothing, though it has the same now", async () => {
    const store = await start();
    async function* readShardChunks() {}
    const found = await verify(store, { client: { ...client, readShardChunks } });

    expect(found.map(({ status, chainRoot }) => [status, chainRoot])).toEqual([
      ["unproved", undefined],
      ["unproved", undefined],
    ]);
    expect(found.flatMap((shard) => shard.differences)).toEqual([]);
  });

  it("events since the store's block is not held against the store", async () => {
    const store = await start(BUSY);
    await devnet.produceBlock(30);
    const heights = devnet.heights();
    const pruned: NodeClient = {
      ...client,
      readEvents: ({ shardId, ...range }, options) =>
        client.readEvents(
          { ...range, shardId, startId: firstPositionOf((heights.get(shardId) ?? 0n) - 2n) },
          options,
        ),
    };

    await expect(verify(store, { client: pruned, sample: 1000 })).rejects.toMatchObject({
      name: "SyncError",
      code: "cursor_expired",
    });
  });
});

describe("repairAccounts()", () => {
  it("compares again what blocks have changed since it was compared", async () => {
    const store = await start(BUSY);
    await loseReactions(store);
    const found = await verify(store);
    await devnet.produceBlock(40);
    await sync(devnet, store, { verification: "none" });

    const reading = await createNodeReading({ client, store });
    for (const { shardId, differences: old } of found) {
      const accounts = { store, shardId, differences: old, hasSignatures: false };
      const repaired = await repairAccounts(reading, accounts);
      expect(old.length).toBeGreaterThan(5);
      expect(repaired.every(({ isProved }) => isProved)).toBe(true);
    }
    expect(await differences(devnet, store)).toEqual([]);
  });
});

describe("repairStore() with a node that stops answering", () => {
  it("tells what it has put right, and that the shard is not proved", async () => {
    const store = await start(BUSY);
    await loseReactions(store);
    let isGone = false;
    const going: NodeClient = {
      ...client,
      async *readShardChunks(...call) {
        // Only the root of a whole shard is asked for.
        if (isGone) throw new NodeClientError("unavailable", "gone");
        isGone = true;
        yield* client.readShardChunks(...call);
      },
    };

    for await (const repair of repairStore({ client: going, store, shardIds: [1] })) {
      expect(repair).toMatchObject({ found: { status: "mismatch" }, after: undefined });
      expect(repair.unanswered?.message).toContain("gone");
      expect(repair.status).toBe("unproved");
      expect(repair.accounts.length).toBeGreaterThan(0);
      expect(repair.accounts.every(({ isProved }) => isProved)).toBe(true);
    }
    expect(isGone).toBe(true);
  });
});

describe("repairStore() beside a sync", () => {
  it("puts right what it finds, however fast blocks come", async () => {
    const store = await start({ ...BUSY, users: 100, trafficPerBlock: 1 });
    await loseReactions(store, 15);
    const controller = new AbortController();
    const options = { client, store, holder: "a test", verification: "none" } as const;
    const syncer = createSyncer({ ...options, syncIntervalMs: 10 });
    const running = syncer.run({ signal: controller.signal });
    let isProducing = true;
    const producing = (async () => {
      for (; isProducing; await delay(100)) await devnet.produceBlock(1);
    })();
    // Reading an account takes longer than a block.
    const slow: Store = {
      ...store,
      async openView() {
        const view = await store.openView();
        await delay(250);
        return view;
      },
    };

    let repaired = 0;
    for await (const { accounts } of repairStore({ client, store: slow })) {
      repaired += accounts.filter(({ isProved }) => isProved).length;
    }
    isProducing = false;
    await producing;
    controller.abort();
    await running;

    expect(repaired).toBeGreaterThan(2);
    await sync(devnet, store, { verification: "none" });
    for await (const { accounts } of repairStore({ client, store })) {
      expect(accounts.filter(({ isProved }) => !isProved)).toEqual([]);
    }
    expect(await differences(devnet, store)).toEqual([]);
  });
});
