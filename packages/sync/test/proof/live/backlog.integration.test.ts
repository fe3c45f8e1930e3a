// What blocks touched while nobody proved it: while the mirror was behind, or at the end of another run.
import { setTimeout as delay } from "node:timers/promises";
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { BlockBatch, MemoryStore, Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { afterEach, expect, it } from "vitest";
import type { ShardActivity, SyncerOptions } from "../../../src/index.ts";
import { createSyncer } from "../../../src/index.ts";
import { differences, newStore, startDevnet, sync } from "../../support/mirrors.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A store that loses what a batch with reactions says of them, as a bug of its adapter would: the first one. */
function losingReactions(store: MemoryStore, isSound: () => boolean = () => false) {
  const lost: BlockBatch[] = [];
  const losing: Store = {
    ...store,
    async applyBlocks(batch) {
      const others = batch.changes.filter(
        (change) => change.kind !== "merge" || change.table !== "reactions",
      );
      const hasReactions = batch.shardId > 0 && others.length < batch.changes.length;
      const isLost = lost.length === 0 && hasReactions && !isSound();
      if (isLost) lost.push(batch);
      await store.applyBlocks(isLost ? { ...batch, changes: others } : batch);
    },
  };
  return { store: losing, lost };
}

/** A node whose stored events come one by one, so slowly that each is a batch. */
function tellingSlowly(client: NodeClient): NodeClient {
  return {
    ...client,
    async *readEvents(...call) {
      for await (const page of client.readEvents(...call)) {
        for (const event of page) {
          await delay(2);
          yield [event];
        }
      }
    },
  };
}

/** Follows a node until all that was not proved is repaired; no block happens meanwhile. */
async function followUntilRepaired(
  client: NodeClient,
  store: Store,
  options: Partial<SyncerOptions> = {},
): Promise<void> {
  const { logger, errors } = createRecordingLogger();
  const controller = new AbortController();
  const syncer = createSyncer({
    ...{ client, store, logger, holder: "a test", syncIntervalMs: 1, ...options },
  });
  const running = syncer.run({ signal: controller.signal });
  await expect.poll(() => differences(devnet, store), { timeout: 20_000 }).toEqual([]);
  controller.abort();
  await running;
  expect(errors.join("\n")).toMatch(/[1-9]\d* missing.*; repaired/);
}

it("is proved when the mirror was behind, once it is not", async () => {
  devnet = await startDevnet({ users: 200, messages: 400 });
  const store = newStore();
  await sync(devnet, store);
  await devnet.produceBlock(30);
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const { store: losing, lost } = losingReactions(store);

  // So that what was touched before and after is proved of one block each.
  await followUntilRepaired(tellingSlowly(client), losing, { proofInterval: 1 });

  // Not in the batch with which the mirror came to the node's newest block, which is proved anyway.
  const { shardId = 0, blockNumber = 0n } = lost[0] ?? {};
  expect(blockNumber).toBeLessThan(devnet.heights().get(shardId) ?? 0n);
});

it("is proved when it was touched right before another run ended", async () => {
  devnet = await startDevnet({ users: 20, messages: 400 });
  const store = newStore();
  await sync(devnet, store);
  await devnet.produceBlock(10);
  await sync(devnet, losingReactions(store).store, { proofInterval: 0 });
  expect(await differences(devnet, store)).not.toEqual([]);
  // Without a batch, nothing is proved.
  await devnet.produceBlock(1);
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  await followUntilRepaired(client, store);
});

it("takes the proof back where an account cannot be put right, and proves all rows once it is", async () => {
  devnet = await startDevnet({ users: 20, messages: 400 });
  const store = newStore();
  await sync(devnet, store);
  let isSound = true;
  let isRefusing = true;
  const { store: losing, lost } = losingReactions(store, () => isSound);
  const refusing: Store = {
    ...losing,
    async repairRows(repair) {
      if (isRefusing) throw new StorageError("constraint", "a constraint of one's own");
      await store.repairRows(repair);
    },
  };
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const { logger, errors } = createRecordingLogger();
  const controller = new AbortController();
  const syncer = createSyncer({
    ...{ client, store: refusing, logger, holder: "a test", syncIntervalMs: 1, proofInterval: 1 },
  });
  const statuses = async () =>
    (await store.listShards()).flatMap(({ proof }) => proof?.status ?? []).sort();
  expect(await statuses()).toEqual(["proved", "proved"]);

  const running = syncer.run({ signal: controller.signal });
  // Once nothing is left to be proved of the download, and all is well.
  await devnet.produceBlock(5);
  const heightOf = ({ shardId, blockNumber }: ShardActivity) =>
    devnet.heights().get(shardId) === blockNumber;
  await expect.poll(() => syncer.progress().filter(heightOf).length).toBe(3);
  await delay(200);
  isSound = false;
  while (lost.length === 0) {
    await devnet.produceBlock(1);
    await delay(20);
  }
  await expect.poll(statuses, { timeout: 20_000 }).toContain("mismatch");
  expect(errors.join("\n")).toMatch(/[1-9]\d* missing.*; it still is not/);
  isRefusing = false;
  const proveAgain = async () => {
    await devnet.produceBlock(1);
    return statuses();
  };
  const often = { timeout: 30_000, interval: 500 };
  await expect.poll(proveAgain, often).toEqual(["proved", "proved"]);
  controller.abort();
  await running;
  await sync(devnet, store);
  expect(await differences(devnet, store)).toEqual([]);
});
