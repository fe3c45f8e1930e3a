// What a fence keeps out, and what progress must not forget, so that nothing of an older time comes back.
import assert from "node:assert/strict";
import { firstPositionOf } from "@snaprag/processors";
import type { ShardProof } from "../../proof.ts";
import type { Store } from "../../store.ts";
import { readEverything } from "../read-everything.ts";
import type { ConformanceCase } from "../subject.ts";
import { timeOfBlock, toBatch } from "../world/histories.ts";
import { applyListing, toPage } from "../world/snapshots.ts";
import {
  blockWith,
  contract,
  listing,
  rejectsWith,
  setAside,
  textsOf,
  VIRTUAL_SHARD,
} from "./casts-of-one.ts";

/** What a refused batch brings along besides its rows, none of which ever comes again. */
const STRAY = {
  leaves: [
    {
      ...{ shardId: 1, fid: 1n, trieKey: Uint8Array.of(1, 2, 3) },
      ...{ eventId: firstPositionOf(11n), isPresent: true },
    },
  ],
  quarantined: [setAside()],
};

/** What came of proving a shard at a block. */
const PROOF: ShardProof = {
  ...{ status: "proved", blockNumber: 11n, root: new Uint8Array(20), commits: "unchecked" },
  ...{ leafCount: 1n, opaqueLeafCount: 0n, provedAt: timeOfBlock(11n) },
};

/** All that a store has, but for when it was written. */
async function seeAll(store: Store): Promise<unknown> {
  const quarantined: Uint8Array[] = [];
  for await (const { hash } of store.listQuarantined()) quarantined.push(hash);
  const rows = await readEverything(store);
  const partitions = await store.listPartitions(1);
  // Others may have to wait until the view is closed.
  await using view = await store.openView();
  const leaves = await view.readLeaves(1, [1n]);
  return { rows, partitions, quarantined, leaves, shards: await view.listShards() };
}

/** Says that work is refused, and that nothing is left of it. */
async function isRefusedWhole(store: Store, work: () => Promise<unknown>): Promise<void> {
  const before = await seeAll(store);
  await rejectsWith("fenced", work());
  assert.deepEqual(await seeAll(store), before);
}

const refusals: readonly ConformanceCase[] = [
  contract("keeps nothing of a page that it refuses", async (store) => {
    const stray = { ...toPage(listing(10n, [["stray"], ["b"]]), 0, false), ...STRAY };
    await isRefusedWhole(store, () => store.applyPage(stray));
    await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
    await isRefusedWhole(store, () => store.applyPage(stray));
    await store.applyPage(toPage(listing(20n, [["a"]]), 0, false));
    await isRefusedWhole(store, () => store.applyPage({ ...stray, height: 20n }));
  }),
  contract("keeps nothing of blocks and repairs that it refuses", async (store) => {
    const block = blockWith(13n, "stray");
    const stray = { ...toBatch([block]), ...STRAY };
    const { leaves } = STRAY;
    // Safety: a block of casts has merges only.
    const changes = block.changes as Parameters<Store["repairRows"]>[0]["changes"];
    const repair = { shardId: 1, blockNumber: 12n, changes, leaves };
    await isRefusedWhole(store, () => store.applyBlocks(stray));
    await store.startRealtime(1, 10n);
    await store.applyBlocks(toBatch([blockWith(11n, "11")]));
    await isRefusedWhole(store, () => store.applyBlocks(stray));
    await isRefusedWhole(store, () => store.repairRows(repair));
  }),
  contract(
    "refuses blocks, repairs and proofs of a shard that is downloaded again",
    async (store) => {
      await applyListing(store, listing(10n, [["a"]]));
      await store.startRealtime(1, 10n);
      await store.applyBlocks(toBatch([blockWith(11n, "11")]));
      await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
      const late = { ...toBatch([blockWith(12n, "stray")]), ...STRAY };
      await isRefusedWhole(store, () => store.applyBlocks(late));
      const repair = { shardId: 1, blockNumber: 11n, changes: [], leaves: STRAY.leaves };
      await isRefusedWhole(store, () => store.repairRows(repair));
      await isRefusedWhole(store, () => store.recordProof(1, PROOF));
    },
  ),
];

const memories: readonly ConformanceCase[] = [
  contract(
    "lists a partition again however often it is planned, once it has rows",
    async (store) => {
      const plan = (height: bigint) =>
        store.planSnapshot({ shardId: 1, height, virtualShards: [VIRTUAL_SHARD] });
      const isRelisted = async () => (await store.listPartitions(1))[0]?.isRelisted;
      await plan(10n);
      await plan(11n);
      assert.equal(await isRelisted(), false);
      await store.applyPage(toPage(listing(11n, [["gone"], ["b"]]), 0, false));
      await plan(20n);
      await plan(30n);
      assert.equal(await isRelisted(), true);
      await store.applyPage(toPage(listing(30n, [["b"]]), 0, true));
      assert.deepEqual(await textsOf(store, true), ["b"]);
    },
  ),
  contract("takes from a page that those before it are listed again", async (store) => {
    const pages = listing(10n, [["a", "b"], ["b"], ["c"]]);
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    await store.applyPage(toPage(pages, 0, false));
    await store.applyPage(toPage(pages, 1, true));
    assert.equal((await store.listPartitions(1))[0]?.isRelisted, true);
    await store.applyPage(toPage(pages, 2, true));
    assert.deepEqual(await textsOf(store, true), ["a", "b", "c"]);
    assert.deepEqual(await textsOf(store, false), []);
  }),
  contract("knows that a shard has followed blocks while it is downloaded again", async (store) => {
    await store.startRealtime(1, 10n);
    await store.applyBlocks(toBatch([blockWith(11n, "gone")]));
    await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
    const standing = await store.findShard(1);
    assert.deepEqual([standing?.phase, standing?.snapshotHeight], ["historical", 10n]);
    assert.equal((await store.listPartitions(1))[0]?.isRelisted, true);
  }),
  contract("has no proof of a partition after a page without one", async (store) => {
    const pages = listing(10n, [["a"], ["b"], ["c"]]);
    const proof = {
      ...{ state: Uint8Array.of(1), root: null, leafCount: 1 },
      ...{ opaqueLeafCount: 0, unprovenAccountCount: 0 },
    };
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    await store.applyPage({ ...toPage(pages, 0, false), proof });
    await store.applyPage(toPage(pages, 1, false));
    assert.equal((await store.listPartitions(1))[0]?.proof, null);
  }),
];

/** What the contract of a store says of fences and of what they stand on. */
export const FENCE_CASES: readonly ConformanceCase[] = [...refusals, ...memories];
