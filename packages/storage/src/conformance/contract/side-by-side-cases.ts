// What a sync does at the same time: pages of many partitions, blocks of all shards, and replays.
import assert from "node:assert/strict";
import { StorageError } from "../../errors.ts";
import type { ConformanceCase } from "../subject.ts";
import { toBatch } from "../world/histories.ts";
import { toPage } from "../world/snapshots.ts";
import {
  applyBlockWith,
  blockWith,
  contract,
  listing,
  setAside,
  textsOf,
  VIRTUAL_SHARD,
} from "./casts-of-one.ts";

/** More than a store is likely to read at once. */
const MANY = 250;

/** What the contract of a store says of work that goes on side by side. */
export const SIDE_BY_SIDE_CASES: readonly ConformanceCase[] = [
  contract("takes a page that comes twice at the same time once", async (store) => {
    const pages = listing(10n, [["a", "b"], ["c"]]);
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    const page = toPage(pages, 0, false);
    const outcomes = await Promise.allSettled(
      [page, page, page].map((each) => store.applyPage(each)),
    );
    const refusals = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    assert.equal(refusals.length, 2);
    for (const refusal of refusals) {
      assert.ok(refusal instanceof StorageError && refusal.code === "fenced", String(refusal));
    }
    assert.equal((await store.listPartitions(1))[0]?.messageCount, 2n);
    assert.deepEqual(await textsOf(store, true), ["a", "b"]);
  }),
  contract("takes pages, blocks and faults that come at the same time", async (store) => {
    const pages = listing(10n, [["a"], ["b"], ["c"], ["d"]]);
    await store.planSnapshot({ shardId: 1, height: 10n, virtualShards: [VIRTUAL_SHARD] });
    await store.startRealtime(2, 10n);
    const fault = { shardId: 1, virtualShard: null, code: "unavailable", message: "away" };
    const rounds = [...pages.pages.keys()];
    /** One after the other, as whoever has to do with one shard does. */
    const each = async (work: (round: number) => Promise<unknown>) => {
      for (const round of rounds) await work(round);
    };
    await Promise.all([
      each((round) => store.applyPage(toPage(pages, round, false))),
      each((round) => {
        const block = blockWith(11n + BigInt(round), `block ${round}`);
        return store.applyBlocks({ ...toBatch([block]), shardId: 2 });
      }),
      each(() => store.recordFault({ ...fault, isRetried: true })),
      each(() => store.finishLoading()),
      each(() => store.listPartitions(1)),
    ]);
    const blocks = rounds.map((round) => `block ${round}`);
    assert.deepEqual(await textsOf(store, true), ["a", "b", ...blocks, "c", "d"]);
    const shards = await store.listShards();
    assert.deepEqual(
      shards.map(({ messageCount, errorCount }) => [messageCount, errorCount]),
      [
        [4n, 4],
        [4n, 0],
      ],
    );
  }),
  contract("lists all that is set aside while it is replayed", async (store) => {
    const hashOf = (index: number) => Uint8Array.of(index >> 8, index & 255);
    await applyBlockWith(
      store,
      Array.from({ length: MANY }, (_, index) => setAside({ hash: hashOf(index) })),
    );
    let count = 0;
    for await (const { id } of store.listQuarantined({ status: "open" })) {
      await store.applyReplay(count % 2 === 0 ? { id, changes: [] } : { id, reason: "still" });
      count += 1;
    }
    assert.equal(count, MANY);
  }),
];
