// Events that the node lost before they were read: what blocks say of them.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import { lastPositionOf } from "@snaprag/processors";
import type { Store, StoredRow } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { afterEach, describe, expect, it } from "vitest";
import { createSyncer } from "../../../src/index.ts";
import {
  differences,
  differingHashes,
  newStore,
  startDevnet,
  sync,
} from "../../support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** A mirror, and a node that went on and has lost the events since, but for those after its snapshot. */
async function beforeGap(options: DevnetOptions = {}, blockCount = 120) {
  devnet = await startDevnet({ trafficPerBlock: 30, snapshotMaxAgeMs: 30_000, ...options });
  const store = newStore();
  await sync(devnet, store);
  await devnet.produceBlock(blockCount);
  devnet.takeSnapshot();
  devnet.pruneEvents();
  await devnet.produceBlock(15);
  return store;
}

/** A store that keeps count of what is written to it. */
function counted(store: Store) {
  const counts = { planned: 0, pages: 0, merges: 0 };
  const counting: Store = {
    ...store,
    async planSnapshot(plan) {
      counts.planned += 1;
      await store.planSnapshot(plan);
    },
    async applyPage(page) {
      counts.pages += 1;
      await store.applyPage(page);
    },
    async applyBlocks(batch) {
      counts.merges += batch.messageCount;
      await store.applyBlocks(batch);
    },
  };
  return { counts, store: counting };
}

async function reactionsOf(store: Store): Promise<readonly StoredRow<"reactions">[]> {
  const rows: StoredRow<"reactions">[] = [];
  for await (const row of store.listRows("reactions")) rows.push(row);
  return rows;
}

async function proofsOf(store: Store): Promise<readonly (string | undefined)[]> {
  return (await store.listShards()).slice(1).map(({ proof }) => proof?.status);
}

describe("a gap in the events", () => {
  it("is closed by the accounts that blocks name, and no row of others is written again", async () => {
    const store = await beforeGap({ users: 200, messages: 6000, trafficPerBlock: 3 }, 40);
    const { counts, store: counting } = counted(store);
    const before = await reactionsOf(store);

    await sync(devnet, counting);

    expect(await differences(devnet, store)).toEqual([]);
    expect(await proofsOf(store)).toEqual(["proved", "proved"]);
    expect(counts).toMatchObject({ planned: 0, pages: 0 });
    expect(counts.merges).toBeGreaterThan(50);
    expect(counts.merges).toBeLessThan(1000);
    const after = new Map(
      (await reactionsOf(store)).map(({ row, state }) => [`${row.hash}`, state]),
    );
    const known = new Set(before.map(({ row }) => `${row.hash}`));
    const ofGap = [...after].filter(([hash]) => !known.has(hash)).map(([, { eventId }]) => eventId);
    // The network has gone on by 15 blocks since its snapshots.
    const ends = new Set(
      [...devnet.heights().values()].map((height) => lastPositionOf(height - 15n)),
    );
    expect(ofGap.filter((eventId) => ends.has(eventId)).length).toBeGreaterThan(20);
    const again = before.filter(
      ({ row, state }) => after.get(`${row.hash}`)?.eventId !== state.eventId,
    );
    expect(again).toEqual([]);
  });

  it("is closed whatever happened in it, and what is over by then is kept with its end", async () => {
    const store = await beforeGap();
    const { counts, store: counting } = counted(store);
    const before = await store.countRows();

    await sync(devnet, counting);

    expect(await differences(devnet, store)).toEqual([]);
    expect(await proofsOf(store)).toEqual(["proved", "proved"]);
    expect(counts.planned).toBe(0);
    for (const [table, { total }] of await store.countRows()) {
      expect(total, table).toBeGreaterThanOrEqual(before.get(table)?.total ?? 0);
    }
    const reasons = new Set((await reactionsOf(store)).map(({ state }) => state.deletedReason));
    expect(reasons).toContain("unlisted");
  });

  it("is closed by whoever comes after one that was stopped on the way", async () => {
    const store = await beforeGap();
    const { counts, store: counting } = counted(store);
    let writes = 0;
    const breaking: Store = {
      ...counting,
      async applyBlocks(batch) {
        writes += 1;
        if (writes === 2) throw new StorageError("connection", "the connection was lost");
        await counting.applyBlocks(batch);
        if (writes === 4) throw new StorageError("connection", "the answer was lost");
      },
    };

    await sync(devnet, breaking);

    expect(await differences(devnet, store)).toEqual([]);
    await devnet.produceBlock();
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
    expect(await proofsOf(store)).toEqual(["proved", "proved"]);
    expect(counts.planned).toBeLessThanOrEqual(2);
  });

  it("is closed by a snapshot where reading blocks fails time after time", async () => {
    const store = await beforeGap({ users: 15, messages: 300 }, 40);
    const { counts, store: counting } = counted(store);
    devnet.setFaults({ rpcErrors: [{ method: "GetShardChunks", code: 5 }] });

    await sync(devnet, counting);

    expect(await differences(devnet, store)).toEqual([]);
    expect(counts.planned).toBeGreaterThanOrEqual(2);
  });

  it("is closed by a snapshot where the node gives no blocks, or nobody proves", async () => {
    for (const options of [{}, { verification: "none" }, { proofInterval: 0 }] as const) {
      const store = await beforeGap({ users: 15, messages: 300 }, 40);
      if (Object.keys(options).length === 0) devnet.pruneChunks();
      const { counts, store: counting } = counted(store);

      await sync(devnet, counting, options);

      expect(await differences(devnet, store)).toEqual([]);
      expect(counts.planned).toBeGreaterThanOrEqual(2);
      await devnet.stop();
    }
  });

  it("is read again where something of it was spoilt on its way", async () => {
    const store = await beforeGap();
    devnet.setFaults({ corrupt: { chance: 0.02 } });

    await sync(devnet, store);

    expect(devnet.faultCounts().get("corrupt")).toBeGreaterThan(5);
    expect(store.quarantined).toEqual([]);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("is closed in a run with an end that is not before what was read of it, and else refused", async () => {
    const store = await beforeGap({ users: 15, messages: 300 }, 40);
    const { counts, store: counting } = counted(store);
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const syncer = createSyncer({ client, store: counting, holder: "a test", syncIntervalMs: 20 });
    const heights = devnet.heights();
    const earlier = new Map([...heights].map(([shardId, height]) => [shardId, height - 2n]));

    await expect(syncer.run({ until: earlier })).rejects.toMatchObject({ code: "end_passed" });
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
    await devnet.produceBlock(40);
    devnet.takeSnapshot();
    devnet.pruneEvents();
    await syncer.run({ until: new Map(devnet.heights()) });

    expect(await differences(devnet, store)).toEqual([]);
    expect(counts.planned).toBe(0);
  });

  it("has what the node keeps otherwise than it was hashed in quarantine", async () => {
    const store = await beforeGap({ users: 15, messages: 300 }, 40);
    devnet.setFaults({ corruptMessages: { chance: 0.02 } });

    await sync(devnet, store);

    const quarantined = new Set(
      store.quarantined.map(({ hash }) => Buffer.from(hash).toString("hex")),
    );
    const hashes = await differingHashes(devnet, store);
    expect(hashes.length).toBeGreaterThan(1);
    expect(hashes.filter((hash) => !quarantined.has(hash))).toEqual([]);
  });
});
