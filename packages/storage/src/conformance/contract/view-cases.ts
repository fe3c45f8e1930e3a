// What only a view shows, and only a proof asks for: accounts at the ends of their range, and leaves without rows.
import assert from "node:assert/strict";
import { firstPositionOf, processHubEvent } from "@snaprag/processors";
import { aCastAdd, aLinkAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { LeafChange } from "../../proof.ts";
import type { LiveRows, Store } from "../../store.ts";
import type { ConformanceCase } from "../subject.ts";
import { contextAt } from "../world/actors.ts";
import { timeOfBlock, toBatch, toBlock } from "../world/histories.ts";
import { applyBlockWith, castAt, contract, EVENT_ID, setAside } from "./casts-of-one.ts";

/** The protocol's integers go up to the second. */
const [FIRST_BEYOND, GREATEST] = [2n ** 63n, 2n ** 64n - 1n];

async function accountsOf(store: Store): Promise<readonly bigint[]> {
  await using view = await store.openView();
  const fids: bigint[] = [];
  for await (const fid of view.listAccounts()) fids.push(fid);
  return fids;
}

async function rowsOf(store: Store, fids: readonly bigint[]): Promise<readonly LiveRows[]> {
  await using view = await store.openView();
  const found: LiveRows[] = [];
  for await (const rows of view.readRows(fids)) found.push(rows);
  return found;
}

async function leavesOf(store: Store, fid: bigint): Promise<readonly number[][]> {
  await using view = await store.openView();
  return (await view.readLeaves(1, [fid])).map((key) => [...key]);
}

function leafOf(fid: bigint, change: Partial<LeafChange> = {}): LeafChange {
  const place = { shardId: 1, eventId: EVENT_ID, isPresent: true };
  return { fid, trieKey: Uint8Array.of(1, 2, 3), ...place, ...change };
}

/** What the contract of a store says of views beyond the rows of usual accounts. */
export const VIEW_CASES: readonly ConformanceCase[] = [
  contract("keeps integers beyond 63 bits as they are", async (store) => {
    const parent = { fid: GREATEST, hash: new Uint8Array(20).fill(7) };
    const target = { $case: "targetFid" as const, value: GREATEST };
    const messages = [
      aCastAdd(
        { mentions: [FIRST_BEYOND], parent: { $case: "parentCastId", value: parent } },
        { fid: FIRST_BEYOND },
      ),
      aLinkAdd({ type: "follow", target }, { fid: GREATEST }),
      aCastAdd({}, { fid: 7n }),
    ];
    const changes = messages.flatMap((message, index) => {
      const id = firstPositionOf(11n) + BigInt(index) + 1n;
      const event = { ...aMergeMessageEvent(message), id };
      return processHubEvent(event, contextAt(timeOfBlock(11n), 2)).changes;
    });
    await store.startRealtime(2, 10n);
    await store.applyBlocks({ ...toBatch([toBlock(11n, [])]), shardId: 2, changes });

    assert.deepEqual(await accountsOf(store), [7n, FIRST_BEYOND, GREATEST]);
    const rows = await rowsOf(store, [FIRST_BEYOND, GREATEST]);
    const [cast] = rows.flatMap(({ casts = [] }) => casts);
    const [link] = rows.flatMap(({ links = [] }) => links);
    assert.deepEqual(
      [cast?.fid, cast?.parent_fid, cast?.mentions],
      [FIRST_BEYOND, GREATEST, [FIRST_BEYOND]],
    );
    assert.deepEqual([link?.fid, link?.target_fid], [GREATEST, GREATEST]);
  }),
  contract("shows an account that has a leaf and no row, until it is gone", async (store) => {
    await applyBlockWith(store, []);
    const apply = (blockNumber: bigint, leaf: LeafChange) =>
      store.applyBlocks({ ...toBatch([toBlock(blockNumber, [])]), leaves: [leaf] });
    await apply(12n, leafOf(7n, { eventId: firstPositionOf(12n) }));
    assert.deepEqual(await accountsOf(store), [7n]);
    assert.deepEqual((await rowsOf(store, [7n])).flatMap(Object.values), []);
    assert.deepEqual(await leavesOf(store, 7n), [[1, 2, 3]]);

    await apply(13n, leafOf(7n, { eventId: firstPositionOf(13n), isPresent: false }));
    assert.deepEqual(await accountsOf(store), []);
    assert.deepEqual(await leavesOf(store, 7n), []);
  }),
  contract(
    "lets a leaf that is replayed stand where it was, behind what came since",
    async (store) => {
      await applyBlockWith(store, [setAside(), setAside({ hash: Uint8Array.of(2) })]);
      const ids: bigint[] = [];
      for await (const { id } of store.listQuarantined()) ids.push(id);
      const [first = 0n, second = 0n] = ids;
      await store.applyReplay({
        id: first,
        changes: castAt("late", EVENT_ID),
        leaves: [leafOf(1n)],
      });
      assert.deepEqual(await leavesOf(store, 1n), [[1, 2, 3]]);

      const gone = leafOf(1n, { eventId: EVENT_ID + 1n, isPresent: false });
      await store.applyBlocks({ ...toBatch([toBlock(12n, [])]), leaves: [gone] });
      await store.applyReplay({ id: second, changes: [], leaves: [leafOf(1n)] });
      assert.deepEqual(await leavesOf(store, 1n), []);
    },
  ),
  contract("leaves resolved what is set aside once more", async (store) => {
    await applyBlockWith(store, [setAside()]);
    for await (const { id } of store.listQuarantined()) {
      await store.applyReplay({ id, changes: castAt("late", EVENT_ID) });
    }
    await store.applyBlocks({ ...toBatch([toBlock(12n, [])]), quarantined: [setAside()] });

    const statuses: string[] = [];
    for await (const { status } of store.listQuarantined()) statuses.push(status);
    assert.deepEqual(statuses, ["resolved"]);
    assert.equal((await store.listShards())[0]?.quarantinedCount, 0);
  }),
];
