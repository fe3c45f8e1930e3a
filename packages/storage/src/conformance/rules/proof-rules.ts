// What a store keeps for proofs: leaves that no row stands for, roots, views and repairs.
import assert from "node:assert/strict";
import type { MergeOf, RetireOf } from "@snaprag/processors";
import { firstPositionOf, lastPositionOf, processHubEvent } from "@snaprag/processors";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import * as fc from "fast-check";
import { StorageError } from "../../errors.ts";
import type { LeafChange, PartitionProof, ShardProof } from "../../proof.ts";
import type { Store, StoreView } from "../../store.ts";
import type { ConformanceCase } from "../subject.ts";
import { contextAt, virtualShardOf } from "../world/actors.ts";
import { timeOfBlock, toBatch, toBlock } from "../world/histories.ts";
import { applyListing, toPage } from "../world/snapshots.ts";

const FID = 1n;
const VIRTUAL_SHARD = virtualShardOf(FID);
/** Of the same virtual shard of another shard, and of another one. */
const ELSEWHERE = { fid: 42n, virtualShard: virtualShardOf(42n) };

function leaf(name: string, eventId: bigint, change: Partial<LeafChange> = {}): LeafChange {
  const trieKey = new TextEncoder().encode(name);
  return { shardId: 1, fid: FID, trieKey, eventId, isPresent: true, ...change };
}

async function keysOf(store: Store, shardId = 1, fids = [FID, ELSEWHERE.fid]) {
  await using view = await store.openView();
  const keys = await view.readLeaves(shardId, fids);
  return keys.map((key) => new TextDecoder().decode(key));
}

function proofCase(name: string, holds: (store: Store) => Promise<void>): ConformanceCase {
  return {
    name,
    async run({ openStore }) {
      await using store = await openStore();
      await holds(store);
    },
  };
}

type CastMerge = MergeOf<"casts">;

function castAt(text: string, eventId: bigint): CastMerge {
  const event = { ...aMergeMessageEvent(aCastAdd({ text }, { fid: FID })), id: eventId };
  const [change] = processHubEvent(event, contextAt(timeOfBlock(11n))).changes;
  // Safety: a cast is merged by one change of its relation.
  return change as CastMerge;
}

function endOf({ row }: CastMerge, eventId: bigint): RetireOf<"casts"> {
  const retirement = { reason: "unlisted" as const, eventId, at: timeOfBlock(11n) };
  return { kind: "retire", table: "casts", row, retirement };
}

async function textsIn(view: StoreView, fids: readonly bigint[]): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { casts = [] } of view.readRows(fids))
    texts.push(...casts.map(({ text }) => text));
  return texts.sort();
}

async function liveTexts(store: Store): Promise<readonly string[]> {
  await using view = await store.openView();
  return await textsIn(view, [FID]);
}

const leafCases: readonly ConformanceCase[] = [
  {
    name: "keeps a leaf as the change with its greatest position left it, in any order",
    async run({ openStore, runs }) {
      const changes = [
        leaf("comes", 2n << 14n),
        leaf("comes and goes", 2n << 14n),
        leaf("comes and goes", 3n << 14n, { isPresent: false }),
        leaf("comes back", 2n << 14n, { isPresent: false }),
        leaf("comes back", 3n << 14n),
        leaf("only goes", 3n << 14n, { isPresent: false }),
        leaf("comes", 2n << 14n, { shardId: 2, isPresent: false }),
      ];
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(changes, { minLength: changes.length }),
          fc.integer({ min: 0, max: changes.length }),
          async (shuffled, cut) => {
            await using store = await openStore();
            await store.startRealtime(1, 10n);
            for (const [index, leaves] of [
              shuffled.slice(0, cut),
              shuffled.slice(cut),
              shuffled,
            ].entries()) {
              const block = toBlock(11n + BigInt(index), []);
              await store.applyBlocks({ ...toBatch([block]), leaves });
            }
            assert.deepEqual(await keysOf(store), ["comes", "comes back"]);
            assert.deepEqual(await keysOf(store, 2), []);
          },
        ),
        { numRuns: Math.max(2, Math.ceil(runs / 4)) },
      );
    },
  },
  proofCase(
    "forgets leaves that a newer snapshot does not list, of its partition",
    async (store) => {
      const listed = { virtualShard: VIRTUAL_SHARD, height: 10n, pages: [[]] };
      await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
      const leaves = [
        leaf("kept", 1n),
        leaf("gone", 1n),
        leaf("of another partition", 1n, { fid: ELSEWHERE.fid }),
        leaf("of another shard", 1n, { shardId: 2 }),
        leaf("later", firstPositionOf(21n)),
      ];
      await store.applyPage({ ...toPage(listed, 0, false), leaves });
      const newer = { ...listed, height: 20n };
      await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
      const again = [leaf("kept", lastPositionOf(20n))];
      await store.applyPage({ ...toPage(newer, 0, true), leaves: again });
      assert.deepEqual((await keysOf(store)).sort(), ["kept", "later", "of another partition"]);
      assert.deepEqual(await keysOf(store, 2), ["of another shard"]);
    },
  ),
];

const PARTITION_PROOF: PartitionProof = {
  state: new Uint8Array([1, 2, 3]),
  root: null,
  leafCount: 7,
  opaqueLeafCount: 1,
  unprovenAccountCount: 2,
};

const SHARD_PROOF: ShardProof = {
  status: "proved",
  blockNumber: 10n,
  root: new Uint8Array(20).fill(9),
  leafCount: 700n,
  opaqueLeafCount: 3n,
  commits: "not_configured",
  provedAt: timeOfBlock(10n),
};

const recordCases: readonly ConformanceCase[] = [
  proofCase(
    "moves a partition's proof with its pages, and drops it with its snapshot",
    async (store) => {
      const listed = { virtualShard: VIRTUAL_SHARD, height: 10n, pages: [[], [], []] };
      const proofOf = async () => (await store.listPartitions(1))[0]?.proof;
      await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
      assert.equal(await proofOf(), null);
      await store.applyPage({ ...toPage(listed, 0, false), proof: PARTITION_PROOF });
      assert.deepEqual(toPlain(await proofOf()), PARTITION_PROOF);
      const ended = { ...PARTITION_PROOF, state: null, root: new Uint8Array(20).fill(5) };
      await store.applyPage({ ...toPage(listed, 1, false), proof: ended });
      assert.deepEqual(toPlain(await proofOf()), ended);
      await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
      assert.equal(await proofOf(), null);
    },
  ),
  proofCase("keeps the latest proof of a shard", async (store) => {
    await store.startRealtime(1, 10n);
    const proofOf = async () => (await store.listShards())[0]?.proof;
    assert.equal(await proofOf(), null);
    await store.recordProof(1, { ...SHARD_PROOF, status: "mismatch" });
    await store.recordProof(1, SHARD_PROOF);
    const proof = await proofOf();
    assert.deepEqual(proof && { ...proof, root: new Uint8Array(proof.root) }, SHARD_PROOF);
    await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
    assert.equal(await proofOf(), null);
  }),
];

/** Adapters may give a subclass of `Uint8Array`. */
function toPlain(proof: PartitionProof | null | undefined) {
  if (!proof) return proof;
  const { state, root } = proof;
  return { ...proof, state: state && new Uint8Array(state), root: root && new Uint8Array(root) };
}

const viewCases: readonly ConformanceCase[] = [
  proofCase("shows in a view what there was when it was opened", async (store) => {
    await applyListing(store, {
      virtualShard: VIRTUAL_SHARD,
      height: 10n,
      pages: [[castAt("before", lastPositionOf(10n))]],
    });
    await store.startRealtime(1, 10n);
    const block = { ...toBlock(11n, []), changes: [castAt("after", firstPositionOf(11n) + 1n)] };
    const leaves = [leaf("after", 11n << 14n, { fid: ELSEWHERE.fid })];
    let written: Promise<void>;
    {
      await using view = await store.openView();
      // Not awaited: an embedded database lets nobody else write before the view is gone.
      written = store.applyBlocks({ ...toBatch([block]), leaves });
      assert.deepEqual(await textsIn(view, [FID, 5n]), ["before"]);
      const fids: bigint[] = [];
      for await (const fid of view.listAccounts()) fids.push(fid);
      assert.deepEqual(fids, [FID]);
      assert.equal((await view.listShards())[0]?.blockNumber, 10n);
      assert.equal((await view.findShard(1))?.blockNumber, 10n);
      assert.equal(await view.findShard(2), undefined);
    }
    await written;
    assert.deepEqual(await liveTexts(store), ["after", "before"]);
    assert.deepEqual(await keysOf(store), ["after"]);
  }),
];

const repairCases: readonly ConformanceCase[] = [
  proofCase("makes rows what a repair says, whatever was known of them", async (store) => {
    const [lost, wrong, stray] = ["lost", "wrong", "stray"].map((text) =>
      castAt(text, lastPositionOf(10n)),
    );
    assert.ok(lost && wrong && stray);
    const altered = { ...wrong, row: { ...wrong.row, text: "altered" } };
    await applyListing(store, {
      virtualShard: VIRTUAL_SHARD,
      height: 10n,
      pages: [[lost, altered, stray]],
    });
    await store.startRealtime(1, 10n);
    const ending = { ...toBlock(11n, []), changes: [endOf(lost, firstPositionOf(11n) + 3n)] };
    await store.applyBlocks(toBatch([ending]));
    assert.deepEqual(await liveTexts(store), ["altered", "stray"]);
    const eventId = lastPositionOf(11n);
    const changes = [{ ...lost, eventId }, wrong, endOf(stray, eventId)];
    const repair = { shardId: 1, blockNumber: 11n, changes, leaves: [leaf("found", eventId)] };
    await assert.rejects(store.repairRows({ ...repair, blockNumber: 10n }), (error) => {
      return error instanceof StorageError && error.code === "fenced";
    });
    await store.repairRows(repair);
    await store.repairRows(repair);
    assert.deepEqual(await liveTexts(store), ["lost", "wrong"]);
    assert.deepEqual(await keysOf(store), ["found"]);
  }),
];

/** Rules of what proofs rest on. */
export const PROOF_RULES: readonly ConformanceCase[] = [
  ...leafCases,
  ...recordCases,
  ...viewCases,
  ...repairCases,
];
