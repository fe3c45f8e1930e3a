// What the contract says in words, one by one.
import assert from "node:assert/strict";
import { firstPositionOf, lastPositionOf, processHubEvent } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import { readEverything } from "../read-everything.ts";
import type { ConformanceCase } from "../subject.ts";
import { contextAt } from "../world/actors.ts";
import { FNAME_PROOFS } from "../world/families.ts";
import { timeOfBlock, toBatch, toBlock } from "../world/histories.ts";
import { applyListing, toPage } from "../world/snapshots.ts";
import {
  blockWith,
  contract,
  listing,
  rejectsWith,
  textsOf,
  VIRTUAL_SHARD,
} from "./casts-of-one.ts";

const progressCases: readonly ConformanceCase[] = [
  contract("starts empty and may be migrated again", async (store) => {
    await store.migrate();
    assert.deepEqual(await store.listShards(), []);
    assert.deepEqual(await store.listPartitions(1), []);
    assert.equal((await readEverything(store)).size, 0);
  }),
  contract("moves a partition from page to page to its end", async (store) => {
    const pages = listing(10n, [["a"], ["b"]]);
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    const see = async () => {
      const [partition] = await store.listPartitions(1);
      return [partition?.status, partition?.pageToken, Number(partition?.messageCount)];
    };
    assert.deepEqual(await see(), ["pending", null, 0]);
    await store.applyPage(toPage(pages, 0, false));
    assert.deepEqual(await see(), ["running", "page 1", 1]);
    await store.applyPage(toPage(pages, 1, false));
    assert.deepEqual(await see(), ["done", null, 2]);
  }),
  contract(
    "takes a row that an earlier page has listed already, and all others with it",
    async (store) => {
      const pages = listing(10n, [["a"], ["a", "b"]]);
      await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
      await store.applyPage(toPage(pages, 0, false));
      await store.applyPage(toPage(pages, 1, false));
      await store.startRealtime(1, 10n);
      assert.deepEqual(await textsOf(store, true), ["a", "b"]);
      for await (const { reason } of store.listQuarantined()) assert.fail(reason);
    },
  ),
  contract("refuses a page that does not begin where the partition is", async (store) => {
    const pages = listing(10n, [["a"], ["b"]]);
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    await rejectsWith("fenced", store.applyPage(toPage(pages, 1, false)));
    await rejectsWith("fenced", store.applyPage({ ...toPage(pages, 0, false), height: 9n }));
    await store.applyPage(toPage(pages, 0, false));
    await rejectsWith("fenced", store.applyPage(toPage(pages, 0, false)));
    await store.applyPage(toPage(pages, 1, false));
    await rejectsWith("fenced", store.applyPage(toPage(pages, 0, false)));
    assert.deepEqual(await textsOf(store, true), ["a", "b"]);
  }),
  contract("refuses blocks that do not begin where the shard is", async (store) => {
    const blocks = [11n, 12n].map((blockNumber) => blockWith(blockNumber, `${blockNumber}`));
    await rejectsWith("fenced", store.applyBlocks(toBatch(blocks)));
    await store.startRealtime(1, 10n);
    await rejectsWith("fenced", store.applyBlocks(toBatch(blocks.slice(1))));
    await store.applyBlocks(toBatch(blocks));
    await rejectsWith("fenced", store.applyBlocks(toBatch(blocks)));
    assert.deepEqual(await textsOf(store, true), ["11", "12"]);
  }),
  contract("lets a shard follow blocks only when its partitions are done", async (store) => {
    const pages = listing(10n, [["a"], ["b"]]);
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    await rejectsWith("fenced", store.startRealtime(1, 10n));
    await store.applyPage(toPage(pages, 0, false));
    await rejectsWith("fenced", store.startRealtime(1, 10n));
    await store.startRealtime(2, 10n);
    await store.applyPage(toPage(pages, 1, false));
    await store.startRealtime(1, 10n);
    const shards = await store.listShards();
    assert.deepEqual(
      shards.map(({ phase }) => phase),
      ["realtime", "realtime"],
    );
  }),
  contract("lets a shard that follows blocks follow on from where it is only", async (store) => {
    await applyListing(store, listing(10n, [["a"]]));
    await store.startRealtime(1, 10n);
    await store.applyBlocks(toBatch([blockWith(11n, "11")]));
    await rejectsWith("fenced", store.startRealtime(1, 10n));
    await store.applyBlocks(toBatch([blockWith(12n, "12")]));
    assert.equal((await store.findShard(1))?.snapshotHeight, 10n);
  }),
  contract("plans nothing for unfinished partitions when one of them is done", async (store) => {
    const isForUnfinished = true;
    const virtualShards = [VIRTUAL_SHARD, VIRTUAL_SHARD + 1];
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards, isForUnfinished });
    const page = toPage(listing(10n, [["a"]]), 0, false);
    await store.applyPage(page);
    const before = await store.listPartitions(1);
    const plan = { shardId: 1, height: 20n, isForUnfinished };
    await rejectsWith("fenced", store.planSnapshot({ ...plan, virtualShards }));
    assert.deepEqual(await store.listPartitions(1), before);
    await store.planSnapshot({ ...plan, virtualShards: virtualShards.slice(1) });
    const last = { ...page, virtualShard: VIRTUAL_SHARD + 1, height: 20n, changes: [] };
    await store.applyPage(last);
    await store.startRealtime(1, 10n);
    await rejectsWith("fenced", store.planSnapshot({ ...plan, virtualShards }));
    assert.equal((await store.findShard(1))?.phase, "realtime");
  }),
  contract("sends a shard back from the block it stands at, and from no other", async (store) => {
    const plan = { shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] };
    await rejectsWith("fenced", store.planSnapshot({ ...plan, fromBlock: 10n }));
    assert.equal(await store.findShard(1), undefined);
    await applyListing(store, listing(10n, [["a"]]));
    await rejectsWith("fenced", store.planSnapshot({ ...plan, fromBlock: 10n }));
    await store.startRealtime(1, 10n);
    await store.applyBlocks(toBatch([blockWith(11n, "b")]));
    const before = await store.listPartitions(1);
    await rejectsWith("fenced", store.planSnapshot({ ...plan, fromBlock: 10n }));
    assert.deepEqual(await store.listPartitions(1), before);
    assert.equal((await store.findShard(1))?.phase, "realtime");
    await store.planSnapshot({ ...plan, fromBlock: 11n });
    assert.equal((await store.findShard(1))?.phase, "historical");
    assert.equal((await store.listPartitions(1))[0]?.height, 20n);
    await rejectsWith("fenced", store.planSnapshot({ ...plan, fromBlock: 11n }));
  }),
  contract("tells how far a shard has come", async (store) => {
    await applyListing(store, listing(10n, [["a"]]));
    const [historical] = await store.listShards();
    assert.equal(historical?.phase, "historical");
    await store.startRealtime(1, 10n);
    await store.applyBlocks(toBatch([blockWith(11n, "b")]));
    await store.recordFault({
      shardId: 1,
      virtualShard: null,
      code: "unavailable",
      message: "no connection\0",
      isRetried: true,
    });
    const [shard] = await store.listShards();
    assert.deepEqual(shard, {
      shardId: 1,
      phase: "realtime",
      snapshotHeight: 10n,
      blockNumber: 11n,
      blockTime: timeOfBlock(11n),
      eventId: lastPositionOf(11n),
      messageCount: 2n,
      userCount: 1,
      errorCount: 1,
      retryCount: 1,
      quarantinedCount: 0,
      fallbackCount: 0,
      proof: null,
    });
    const { userCount: _, quarantinedCount: __, ...standing } = shard;
    assert.deepEqual(await store.findShard(1), standing);
    assert.equal(await store.findShard(2), undefined);
  }),
];

const rowCases: readonly ConformanceCase[] = [
  contract("retires what a relisted partition no longer lists, when it is done", async (store) => {
    await applyListing(store, listing(10n, [["kept", "gone"]]));
    const next = listing(20n, [["kept"], ["new"]]);
    await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
    await store.applyPage(toPage(next, 0, true));
    assert.deepEqual(await textsOf(store, true), ["gone", "kept"]);
    await store.applyPage(toPage(next, 1, true));
    assert.deepEqual(await textsOf(store, true), ["kept", "new"]);
    assert.deepEqual(await textsOf(store, false), ["gone"]);
  }),
  contract("keeps what events after the snapshot brought, when relisting", async (store) => {
    await applyListing(store, listing(10n, [["a"]]));
    await store.startRealtime(1, 20n);
    await store.applyBlocks(toBatch([blockWith(21n, "later")]));
    await applyListing(store, listing(20n, [["a"]]));
    assert.deepEqual(await textsOf(store, true), ["a", "later"]);
  }),
  contract("does not take an unregistered name for one no longer listed", async (store) => {
    const proof = FNAME_PROOFS.find(({ fid }) => fid === 0n);
    const body = { $case: "mergeUsernameProofBody" as const, value: { usernameProof: proof } };
    const event = { ...aMergeMessageEvent(aCastAdd()), body, id: firstPositionOf(11n) + 1n };
    // Safety: the fields left out are undefined, as in a registry transfer.
    const { changes } = processHubEvent(event as never, contextAt(timeOfBlock(11n)));
    await applyListing(store, { virtualShard: 152, height: 10n, pages: [[]] });
    await store.startRealtime(1, 10n);
    await store.applyBlocks(toBatch([{ ...toBlock(11n, []), changes }]));
    await applyListing(store, { virtualShard: 152, height: 20n, pages: [[]] });
    const [count] = [...(await store.countRows())].filter(([name]) => name === "fname_transfers");
    assert.equal(count?.[1].live, 1);
  }),
  contract("counts live rows and all rows", async (store) => {
    await applyListing(store, listing(10n, [["a", "b"]]));
    await applyListing(store, listing(20n, [["a"]]));
    const counts = await store.countRows();
    assert.deepEqual(counts.get("casts"), { live: 1, total: 2, isEstimate: false });
    assert.deepEqual(counts.get("links"), { live: 0, total: 0, isEstimate: false });
  }),
];

const guardCases: readonly ConformanceCase[] = [
  contract("mirrors one network", async (store) => {
    assert.equal(await store.findNetwork(), undefined);
    await store.bindNetwork({ network: 3, shardCount: 2 });
    await store.bindNetwork({ network: 3, shardCount: 2 });
    assert.deepEqual(await store.findNetwork(), { network: 3, shardCount: 2 });
    await rejectsWith("network_mismatch", store.bindNetwork({ network: 1, shardCount: 2 }));
    await rejectsWith("network_mismatch", store.bindNetwork({ network: 3, shardCount: 4 }));
  }),
  contract("keeps whether its network is temporary, as it was first bound", async (store) => {
    const network = { network: 3, shardCount: 2 };
    const temporary = { ...network, isTemporary: true } as const;
    await store.bindNetwork(temporary);
    await store.bindNetwork(network);
    assert.deepEqual(await store.findNetwork(), temporary);
    await store.reset();
    await store.migrate();
    await store.bindNetwork(network);
    await store.bindNetwork(temporary);
    assert.deepEqual(await store.findNetwork(), network);
  }),
  contract("is empty after a reset", async (store) => {
    await store.bindNetwork({ network: 3, shardCount: 2 });
    await applyListing(store, listing(10n, [["a"]]));
    await store.finishLoading();
    await store.reset();
    assert.equal(await store.findNetwork(), undefined);
    await store.migrate();
    assert.deepEqual(await store.listShards(), []);
    assert.equal((await readEverything(store)).size, 0);
  }),
  contract("takes rows after loading is finished, and may finish again", async (store) => {
    await store.finishLoading();
    await applyListing(store, listing(10n, [["a"]]));
    await store.finishLoading();
    assert.deepEqual(await textsOf(store, true), ["a"]);
  }),
];

/** What the contract of a store says, case by case. */
export const CONTRACT_CASES: readonly ConformanceCase[] = [
  ...progressCases,
  ...rowCases,
  ...guardCases,
];
