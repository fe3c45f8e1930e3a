// What blocks touched while nobody proved it: while the mirror was behind, or at the end of another run.
import { setTimeout as delay } from "node:timers/promises";
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { BlockBatch, MemoryStore, Store } from "@snaprag/storage";
import { afterEach, expect, it } from "vitest";
import type { SyncerOptions } from "../../../src/index.ts";
import { createSyncer } from "../../../src/index.ts";
import { differences, newStore, startDevnet, sync } from "../../support/mirrors.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A store that loses what the first batch with reactions says of them, as a bug of its adapter would. */
function losingReactions(store: MemoryStore) {
  const lost: BlockBatch[] = [];
  const losing: Store = {
    ...store,
    async applyBlocks(batch) {
      const others = batch.changes.filter(
        (change) => change.kind !== "merge" || change.table !== "reactions",
      );
      const isLost = lost.length === 0 && batch.shardId > 0 && others.length < batch.changes.length;
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
