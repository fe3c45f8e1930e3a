// Rows of blocks that a shard has yet to be moved past, as a sync writes them whose node has lost their events.
import assert from "node:assert/strict";
import { firstPositionOf, lastPositionOf } from "@snaprag/processors";
import type { BlockBatch } from "../../batches.ts";
import type { ConformanceCase } from "../subject.ts";
import { timeOfBlock, toBatch, toBlock } from "../world/histories.ts";
import { applyListing } from "../world/snapshots.ts";
import {
  blockWith,
  castAt,
  contract,
  listing,
  rejectsWith,
  setAside,
  textsOf,
} from "./casts-of-one.ts";

/** What blocks up to 30 come to, written while the shard stays at block 10. */
function ahead(changes: BlockBatch["changes"]): BlockBatch {
  const stays = { shardId: 1, previousBlock: 10n, blockNumber: 10n, blockTime: timeOfBlock(10n) };
  const eventId = lastPositionOf(10n);
  return { ...stays, eventId, changes, messageCount: changes.length, quarantined: [] };
}

function endAt(text: string, eventId: bigint): BlockBatch["changes"] {
  return castAt(text, eventId).flatMap((change) => {
    if (change.kind !== "merge" || change.table !== "casts") return [];
    const retirement = { reason: "unlisted" as const, eventId, at: timeOfBlock(30n) };
    return [{ kind: "retire" as const, table: "casts" as const, row: change.row, retirement }];
  });
}

/** What stores do with a batch that moves a shard nowhere, and with one that moves it far. */
export const GAP_CASES: readonly ConformanceCase[] = [
  contract(
    "takes rows of blocks to come, and stays where it is until it is moved",
    async (store) => {
      await applyListing(store, listing(10n, [["kept", "gone"]]));
      await store.startRealtime(1, 10n);
      const end = lastPositionOf(30n);
      const batch = ahead([...castAt("new", end), ...endAt("gone", end)]);

      await store.applyBlocks(batch);
      // Again, as whoever was stopped does.
      await store.applyBlocks(batch);

      assert.deepEqual(await textsOf(store, true), ["kept", "new"]);
      assert.equal((await store.findShard(1))?.blockNumber, 10n);
      await store.applyBlocks({ ...ahead([]), blockNumber: 30n, blockTime: timeOfBlock(30n) });
      assert.equal((await store.findShard(1))?.blockNumber, 30n);
      await rejectsWith("fenced", store.applyBlocks(batch));
      await store.applyBlocks(toBatch([blockWith(31n, "next")]));
      assert.deepEqual(await textsOf(store, true), ["kept", "new", "next"]);
      assert.deepEqual(await textsOf(store, false), ["gone"]);
    },
  ),
  contract("comes to the same where the events in between are had after all", async (store) => {
    await applyListing(store, listing(10n, [["kept", "gone"]]));
    await store.startRealtime(1, 10n);
    const end = lastPositionOf(30n);
    await store.applyBlocks(ahead([...castAt("new", end), ...endAt("gone", end)]));

    const at = firstPositionOf(11n);
    const changes = [...castAt("gone", at), ...castAt("new", at + 1n), ...endAt("new", at + 2n)];
    await store.applyBlocks(toBatch([{ ...toBlock(11n, []), changes }]));

    assert.deepEqual(await textsOf(store, true), ["kept", "new"]);
  }),
  contract("sets aside what such a batch brings and cannot be read", async (store) => {
    await applyListing(store, listing(10n, [[]]));
    await store.startRealtime(1, 10n);
    await store.applyBlocks({ ...ahead([]), quarantined: [setAside()] });
    const found: unknown[] = [];
    for await (const each of store.listQuarantined()) found.push(each.reason);
    assert.deepEqual(found, ["unknown_type"]);
  }),
];
