// What the contract says of quarantine, one by one.
import assert from "node:assert/strict";
import type { Change } from "@snaprag/processors";
import { firstPositionOf, lastPositionOf, processHubEvent } from "@snaprag/processors";
import { aLinkAdd, aLinkCompactState, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { QuarantineFilter, QuarantineRecord } from "../../quarantine.ts";
import type { Store } from "../../store.ts";
import type { ConformanceCase } from "../subject.ts";
import { contextAt } from "../world/actors.ts";
import { timeOfBlock, toBatch, toBlock } from "../world/histories.ts";
import { applyListing } from "../world/snapshots.ts";
import {
  applyBlockWith,
  castAt,
  contract,
  EVENT_ID,
  setAside,
  textsOf,
  VIRTUAL_SHARD,
} from "./casts-of-one.ts";

async function listed(
  store: Store,
  filter?: QuarantineFilter,
): Promise<readonly QuarantineRecord[]> {
  const records: QuarantineRecord[] = [];
  for await (const record of store.listQuarantined(filter)) records.push(record);
  return records;
}

async function firstId(store: Store): Promise<bigint> {
  return (await listed(store))[0]?.id ?? 0n;
}

/** Applies a listing of fid 1's partition at a height that lists casts with these texts. */
function list(store: Store, height: bigint, texts: readonly string[]): Promise<void> {
  const changes = texts.flatMap((text) => castAt(text, lastPositionOf(height)));
  return applyListing(store, { virtualShard: VIRTUAL_SHARD, height, pages: [changes] });
}

/** What the contract of a store says of quarantine, case by case. */
export const QUARANTINE_CASES: readonly ConformanceCase[] = [
  contract("keeps what is set aside whole, and once, also when it comes again", async (store) => {
    const messages = [
      setAside({ fid: null, messageType: null, hash: new Uint8Array(5000).fill(7) }),
      setAside({ fid: 2n ** 64n - 1n, reason: "hash_mismatch", detail: "why" }),
      setAside({ rawKind: "message", retireReason: "pruned" }),
    ];
    await applyBlockWith(store, [...messages, ...messages]);
    await applyBlockWith(store, messages);

    const records = await listed(store);
    assert.deepEqual(
      records.map(({ id, quarantinedAt, attempts, attemptedAt, status, ...message }) => message),
      messages,
    );
    for (const { attempts, attemptedAt, status } of records) {
      assert.deepEqual([attempts, attemptedAt, status], [0, null, "open"]);
    }
    assert.equal(new Set(records.map(({ id }) => id)).size, 3);
  }),
  contract("lists what a filter lets through", async (store) => {
    const forged = setAside({ fid: 1234n, reason: "hash_mismatch" });
    await applyBlockWith(store, [setAside(), setAside({ hash: Uint8Array.of(2) }), forged]);
    const all = await listed(store);
    const lengths = async (filters: readonly QuarantineFilter[]) =>
      Promise.all(filters.map(async (filter) => (await listed(store, filter)).length));

    assert.deepEqual(
      all.map(({ id }) => id).sort(),
      all.map(({ id }) => id),
    );
    assert.deepEqual(
      (await listed(store, { limit: 2 })).map(({ id }) => id),
      [all[0]?.id, all[1]?.id],
    );
    assert.deepEqual(
      await lengths([
        { fid: 1234n },
        { reason: "it's" },
        { reason: "unknown_type" },
        { ids: [] },
        { ids: [all[2]?.id ?? 0n, 999n] },
        { status: "resolved" },
        { status: "open", fid: 1n, limit: 1 },
        { limit: 0 },
      ]),
      [1, 0, 2, 0, 1, 0, 1, 0],
    );
  }),
  contract("resolves what a replay applies, and applies it once", async (store) => {
    await applyBlockWith(store, [setAside(), setAside({ hash: Uint8Array.of(2) })]);
    assert.equal((await store.listShards())[0]?.quarantinedCount, 2);
    const id = await firstId(store);
    const changes = castAt("late", EVENT_ID);

    const record = await store.applyReplay({ id, changes });
    assert.deepEqual([record?.status, record?.attempts], ["resolved", 1]);
    assert.ok(record?.attemptedAt);
    assert.deepEqual(await textsOf(store, true), ["late"]);
    assert.equal((await store.listShards())[0]?.quarantinedCount, 1);
    assert.equal((await store.listShards())[0]?.userCount, 1);

    const again = await store.applyReplay({ id, changes: castAt("other", EVENT_ID) });
    assert.deepEqual([again?.status, again?.attempts], ["resolved", 1]);
    assert.deepEqual(await textsOf(store, true), ["late"]);
  }),
  contract("counts the attempts that fail, with the reason of the last", async (store) => {
    await applyBlockWith(store, [setAside()]);
    const id = await firstId(store);
    await store.applyReplay({ id, reason: "unknown_type" });
    const record = await store.applyReplay({ id, reason: "body_mismatch" });

    assert.deepEqual(
      [record?.status, record?.attempts, record?.reason],
      ["open", 2, "body_mismatch"],
    );
    assert.equal(await store.applyReplay({ id: id + 1n, reason: "none" }), undefined);
  }),
  contract(
    "lets a replay stand where the message was, behind what ended it since",
    async (store) => {
      await applyBlockWith(store, [setAside()]);
      const [merge] = castAt("ended", EVENT_ID);
      assert.ok(merge?.kind === "merge");
      const retirement = {
        reason: "removed",
        eventId: EVENT_ID + 1n,
        at: timeOfBlock(11n),
      } as const;
      const end = { kind: "retire", table: "casts", row: merge.row, retirement } as Change;
      await store.applyBlocks({ ...toBatch([toBlock(12n, [])]), changes: [end] });
      await store.applyReplay({ id: await firstId(store), changes: [merge] });

      assert.deepEqual([await textsOf(store, true), await textsOf(store, false)], [[], ["ended"]]);
    },
  ),
  contract("ends a replayed message that a snapshot since does not list", async (store) => {
    await applyBlockWith(store, [setAside(), setAside({ hash: Uint8Array.of(2) })]);
    await list(store, 20n, ["listed"]);
    const [gone, kept] = await listed(store);
    await store.applyReplay({ id: gone?.id ?? 0n, changes: castAt("gone", EVENT_ID) });
    assert.deepEqual(
      [await textsOf(store, true), await textsOf(store, false)],
      [["listed"], ["gone"]],
    );

    const place = { id: kept?.id ?? 0n, changes: castAt("late", lastPositionOf(20n)) };
    await store.applyReplay(place);
    assert.deepEqual(new Set(await textsOf(store, true)), new Set(["listed", "late"]));
  }),
  contract("lets a snapshot end what was replayed while it is read", async (store) => {
    await list(store, 10n, ["kept"]);
    await applyBlockWith(store, [setAside()]);
    await store.planSnapshot({ shardId: 1, height: 20n, virtualShards: [VIRTUAL_SHARD] });
    const changes = castAt("gone", EVENT_ID);
    await store.applyReplay({ id: await firstId(store), changes });
    await list(store, 20n, ["kept"]);

    assert.deepEqual(
      [await textsOf(store, true), await textsOf(store, false)],
      [["kept"], ["gone"]],
    );
  }),
  contract(
    "spares what a replay merges in the block of a sweep, as the node did",
    async (store) => {
      await store.bindNetwork({ network: 1, shardCount: 2 });
      const target = { $case: "targetFid" as const, value: 7n };
      const link = aLinkAdd({ type: "follow", target }, { fid: 1n });
      const state = aLinkCompactState({ type: "follow", targetFids: [] }, { fid: 1n });
      const changesAt = (message: typeof link, eventId: bigint) =>
        processHubEvent(
          { ...aMergeMessageEvent(message), id: eventId },
          contextAt(timeOfBlock(12n)),
        ).changes;
      const start = firstPositionOf(12n);
      await store.startRealtime(1, 10n);
      const before = changesAt(link, firstPositionOf(11n) + 1n);
      await store.applyBlocks({ ...toBatch([toBlock(11n, [])]), changes: before });
      await store.applyBlocks({
        ...toBatch([toBlock(12n, [])]),
        changes: changesAt(state, start + 2n),
        quarantined: [setAside({ eventId: start + 1n })],
      });
      assert.equal((await store.countRows()).get("links")?.live, 0);

      const again = changesAt(link, start + 1n);
      await store.applyReplay({ id: await firstId(store), changes: again });
      assert.equal((await store.countRows()).get("links")?.live, 1);
    },
  ),
];
