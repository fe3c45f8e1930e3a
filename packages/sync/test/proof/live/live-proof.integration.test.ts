// Proof while blocks are followed: what got lost is noticed and put right by the sync itself.
import { setTimeout as delay } from "node:timers/promises";
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import type { Change } from "@snaprag/processors";
import type { HubEvent } from "@snaprag/proto";
import { HubEventType, narrowMessage } from "@snaprag/proto";
import type { BlockBatch, MemoryStore, Store } from "@snaprag/storage";
import { homeShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { createSyncer } from "../../../src/index.ts";
import { cast, findFid, register } from "../../support/accounts.ts";
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

/** A node that has lost the events of casts, as after a crash before their block (docs/protocol.md 1.8). */
function forgettingCasts(client: NodeClient): NodeClient {
  const tell = (event: HubEvent): HubEvent => {
    const message = event.body?.$case === "mergeMessageBody" ? event.body.value.message : undefined;
    if (message === undefined || narrowMessage(message).type !== "castAdd") return event;
    const failure = { message, code: "bad_request.duplicate", reason: "" };
    const body = { $case: "mergeFailure", value: failure } as const;
    return { ...event, type: HubEventType.MERGE_FAILURE, body };
  };
  return {
    ...client,
    async *subscribe(...call) {
      for await (const event of client.subscribe(...call)) yield tell(event);
    },
    async *readEvents(...call) {
      for await (const page of client.readEvents(...call)) yield page.map(tell);
    },
  };
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

    // An account that blocks change meanwhile is looked at again later.
    const isRepaired = () => errors.some((error) => error.endsWith("; repaired"));
    for (let block = 0; block < 60 && !isRepaired(); block++) {
      await devnet.produceBlock(1);
      await delay(block < 20 ? 100 : 500);
    }
    controller.abort();
    await running;
    expect(errors.join("\n")).toMatch(
      /The account of fid \d+ was not what the node has: [1-9]\d* missing.*; repaired/,
    );
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("finds what an event has not told, by the transactions of its block", async () => {
    devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
    const author = { fid: findFid((fid) => homeShardOf(fid, 2) === 1), signer: createSigner("a") };
    devnet.submit(...register(author.fid, author.signer));
    await devnet.produceBlock();
    const store = newStore();
    const { logger, errors } = createRecordingLogger();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const controller = new AbortController();
    const syncer = createSyncer({
      ...{ client: forgettingCasts(client), store, logger, holder: "a test" },
      ...{ syncIntervalMs: 10, proofInterval: 1 },
    });
    const running = syncer.run({ signal: controller.signal });
    const followed = () => syncer.progress().filter(({ isCaughtUp }) => isCaughtUp).length;
    await expect.poll(followed, { timeout: 30_000 }).toBe(3);

    devnet.submit(cast(author, "not told", 1));
    await devnet.produceBlock();
    await devnet.produceBlock();

    await expect
      .poll(() => errors.join("\n"), { timeout: 20_000 })
      .toMatch(/1 missing.*; repaired/);
    controller.abort();
    await running;
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("accuses no account where one of several nodes behind an address lags", async () => {
    const history = { users: 30, messages: 600, trafficPerBlock: 20 };
    devnet = await startDevnet(history);
    // The same chain at another node, a block later.
    await using lagging = await startDevnet(history);
    const store = newStore();
    const { logger, errors } = createRecordingLogger();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using other = createNodeClient({ endpoint: lagging.endpoint });
    // Streams and the state of the first, everything else of the second.
    const balanced: NodeClient = {
      ...{ ...other, subscribe: client.subscribe, readEvents: client.readEvents },
      hub: { ...other.hub, getInfo: client.hub.getInfo },
    };
    const controller = new AbortController();
    const syncer = createSyncer({
      ...{ client: balanced, store, logger, holder: "a test" },
      ...{ syncIntervalMs: 10, proofInterval: 1 },
    });
    const running = syncer.run({ signal: controller.signal });
    const followed = () => syncer.progress().filter(({ isCaughtUp }) => isCaughtUp).length;
    await expect.poll(followed, { timeout: 30_000 }).toBe(3);

    for (let block = 0; block < 3; block++) {
      await devnet.produceBlock(1);
      await delay(3000);
      await lagging.produceBlock(1);
      await delay(300);
    }
    controller.abort();
    await running;

    expect(errors).toEqual([]);
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
