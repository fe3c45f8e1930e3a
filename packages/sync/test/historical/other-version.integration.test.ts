// A download that another version of this package has begun, whose proofs this one cannot read.
import { createNodeClient } from "@snaprag/client";
import type { PartitionProgress, Store, SyncMembership } from "@snaprag/storage";
import { expect, it } from "vitest";
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

it("goes on without the proofs, and proves the rows", async () => {
  const devnet = await startDevnet({ users: 10, messages: 20_000, gaslessKeys: false });
  try {
    const store = newStore();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const stop = new AbortController();
    const stopping = stoppingMidway(store, () => stop.abort());
    await createSyncer({ client, store: stopping, holder: "a test" })
      .run({ signal: stop.signal })
      .catch(() => undefined);

    const { foreign, met } = ofAnotherVersion(store);
    await devnet.produceBlock(3);
    await sync(devnet, foreign);

    expect(met.length).toBeGreaterThan(0);
    expect(await differences(devnet, store)).toEqual([]);
    const [, ...shards] = await store.listShards();
    expect(shards.map(({ proof }) => proof?.status)).toEqual(["proved", "proved"]);
  } finally {
    await devnet.stop();
  }
});
