// A download that another version of this package has begun, whose proofs this one cannot read.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { PartitionProgress, Store, SyncMembership } from "@snaprag/storage";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSyncer } from "../../src/index.ts";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";

/** A store that stops the run in the middle of a partition. */
function stoppingMidway(store: Store, stop: () => void): Store {
  return {
    ...store,
    async applyPage(page) {
      await store.applyPage(page);
      if (page.proof?.state) stop();
    },
  };
}

/** The same partition with its proof as another version would have written it. */
function asOfAnotherVersion(partition: PartitionProgress): PartitionProgress {
  const { proof } = partition;
  if (!proof?.state) return partition;
  const state = Uint8Array.from(proof.state);
  state[0] = 255;
  return { ...partition, proof: { ...proof, state } };
}

/** A store in which all proofs that are not done are of another version, and how many were met. */
function ofAnotherVersion(store: Store) {
  const met: PartitionProgress[] = [];
  const foreign: Store = {
    ...store,
    async joinSync(holder) {
      const membership = await store.joinSync(holder);
      const takePartition: SyncMembership["takePartition"] = async (shardId, virtualShard) => {
        const taken = await membership.takePartition(shardId, virtualShard);
        if (taken?.proof?.state) met.push(taken);
        return taken && asOfAnotherVersion(taken);
      };
      return { ...membership, takePartition };
    },
  };
  return { foreign, met };
}

let devnet: Devnet;

beforeEach(async () => {
  devnet = await startDevnet({ users: 10, messages: 20_000, gaslessKeys: false });
});
afterEach(() => devnet.stop());

/** Downloads, is stopped midway, and is gone on with by this version. Returns how many proofs were met. */
async function downloadInTwoVersions(store: Store): Promise<number> {
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const stop = new AbortController();
  const stopping = stoppingMidway(store, () => stop.abort());
  await createSyncer({ client, store: stopping, holder: "a test" }).run({ signal: stop.signal });
  const { foreign, met } = ofAnotherVersion(store);
  await devnet.produceBlock(3);
  await sync(devnet, foreign);
  return met.length;
}

it("goes on without the proofs, and proves the rows", async () => {
  const store = newStore();

  expect(await downloadInTwoVersions(store)).toBeGreaterThan(0);

  expect(await differences(devnet, store)).toEqual([]);
  const [, ...shards] = await store.listShards();
  expect(shards.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
});

it("takes no proof of an earlier download for one of this", async () => {
  const store = newStore();
  await sync(devnet, store);
  await devnet.produceBlock(200);
  devnet.pruneEvents();
  devnet.pruneChunks();
  await devnet.takeSnapshot();

  expect(await downloadInTwoVersions(store)).toBeGreaterThan(0);

  expect(await differences(devnet, store)).toEqual([]);
  const [, ...shards] = await store.listShards();
  for (const { proof, snapshotHeight } of shards) {
    expect(proof?.status).toBe("proved");
    expect(proof?.blockNumber).toBeGreaterThanOrEqual(snapshotHeight ?? 0n);
  }
});
