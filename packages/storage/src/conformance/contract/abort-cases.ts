// What the contract of a store says of signals: who has aborted is told so, and nothing comes of the call.
import assert from "node:assert/strict";
import type { ShardProof } from "../../proof.ts";
import type { Store, StoreView } from "../../store.ts";
import { readEverything } from "../read-everything.ts";
import type { ConformanceCase } from "../subject.ts";
import { timeOfBlock, toBatch } from "../world/histories.ts";
import { toPage } from "../world/snapshots.ts";
import {
  applyBlockWith,
  blockWith,
  castAt,
  contract,
  EVENT_ID,
  listing,
  setAside,
  VIRTUAL_SHARD,
} from "./casts-of-one.ts";

const PROOF: ShardProof = {
  status: "proved",
  blockNumber: 11n,
  root: new Uint8Array(20),
  leafCount: 0n,
  opaqueLeafCount: 0n,
  commits: "unchecked",
  provedAt: timeOfBlock(11n),
};

/** A call of a store; what it opens is closed again. */
export type AbortableCall = (store: Store, signal?: AbortSignal) => Promise<unknown>;

async function readAll(values: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of values) count += 1;
  return count;
}

/** Every call of a store that takes a signal, each as it is right where {@link prepare} has been. */
export const ABORTABLE_CALLS: Readonly<Record<string, AbortableCall>> = {
  migrate: (store, signal) => store.migrate(signal),
  acquireSyncLock: async (store, signal) =>
    (await store.acquireSyncLock("a test", signal)).release(),
  joinSync: async (store, signal) => (await store.joinSync("a test", signal)).release(),
  bindNetwork: (store, signal) => store.bindNetwork({ network: 1, shardCount: 3 }, signal),
  findNetwork: (store, signal) => store.findNetwork(signal),
  listShards: (store, signal) => store.listShards(signal),
  findShard: (store, signal) => store.findShard(1, signal),
  listPartitions: (store, signal) => store.listPartitions(2, signal),
  planSnapshot: (store, signal) =>
    store.planSnapshot({ shardId: 2, height: 20n, virtualShards: [1] }, signal),
  applyPage: (store, signal) =>
    store.applyPage({ ...toPage(listing(10n, [["b"]]), 0, false), shardId: 2 }, signal),
  startRealtime: (store, signal) => store.startRealtime(3, 10n, signal),
  repairRows: (store, signal) => {
    const merges = castAt("d", EVENT_ID).filter((change) => change.kind === "merge");
    return store.repairRows({ shardId: 1, blockNumber: 11n, changes: merges, leaves: [] }, signal);
  },
  applyBlocks: (store, signal) => store.applyBlocks(toBatch([blockWith(12n, "c")]), signal),
  recordProof: (store, signal) => store.recordProof(1, PROOF, signal),
  openView: async (store, signal) => (await store.openView(signal))[Symbol.asyncDispose](),
  listQuarantined: (store, signal) => readAll(store.listQuarantined({}, signal)),
  applyReplay: (store, signal) => store.applyReplay({ id: 1n, reason: "unknown_type" }, signal),
  finishLoading: (store, signal) => store.finishLoading(signal),
  rebuild: (store, signal) => store.rebuild(signal),
  recordFault: (store, signal) =>
    store.recordFault(
      { shardId: 1, virtualShard: null, code: "a_test", message: "", isRetried: true },
      signal,
    ),
  countRows: (store, signal) => store.countRows(signal),
  listRows: (store, signal) => readAll(store.listRows("casts", signal)),
  reset: (store, signal) => store.reset(signal),
};

/** Brings a new store to where every call is right: shard 1 follows blocks, shard 2 is to be downloaded. */
export async function prepare(store: Store): Promise<void> {
  await store.bindNetwork({ network: 1, shardCount: 3 });
  await applyBlockWith(store, [setAside()]);
  await store.planSnapshot({ shardId: 2, height: 10n, virtualShards: [VIRTUAL_SHARD] });
}

/** All that the calls could change. */
async function standingOf(store: Store): Promise<unknown> {
  const quarantined: unknown[] = [];
  for await (const record of store.listQuarantined()) quarantined.push(record.attempts);
  return {
    network: await store.findNetwork(),
    shards: await store.listShards(),
    partitions: await store.listPartitions(2),
    rows: await readEverything(store),
    quarantined,
  };
}

const READINGS: Readonly<Record<string, (view: StoreView) => Promise<unknown>>> = {
  listShards: (view) => view.listShards(),
  findShard: (view) => view.findShard(1),
  listAccounts: (view) => readAll(view.listAccounts()),
  readRows: (view) => readAll(view.readRows([1n])),
  readLeaves: (view) => view.readLeaves(1, [1n]),
};

/** What every call does with a signal. */
export const ABORT_CASES: readonly ConformanceCase[] = [
  contract("begins nothing for a signal that has aborted", async (store) => {
    await prepare(store);
    const before = await standingOf(store);
    const reason = new Error("told to stop");
    for (const [name, call] of Object.entries(ABORTABLE_CALLS)) {
      await assert.rejects(
        call(store, AbortSignal.abort(reason)),
        (error) => error === reason,
        name,
      );
    }
    assert.deepEqual(await standingOf(store), before);
    for (const call of Object.values(ABORTABLE_CALLS))
      await call(store, new AbortController().signal);
  }),
  contract(
    "ends what is read from a view with the signal that it was opened with",
    async (store) => {
      await prepare(store);
      const reason = new Error("told to stop");
      for (const [name, read] of Object.entries(READINGS)) {
        const stop = new AbortController();
        await using view = await store.openView(stop.signal);
        await read(view);
        stop.abort(reason);
        await assert.rejects(read(view), (error) => error === reason, name);
      }
      await store.applyBlocks(toBatch([blockWith(12n, "c")]));
    },
  ),
];
