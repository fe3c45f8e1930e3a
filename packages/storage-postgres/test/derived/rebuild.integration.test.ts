// Deriving anew what is derived: what it finds wrong, and that it puts that right.
import {
  aMergeMessageEvent,
  aMergeOnChainEvent,
  anIdRegisterEvent,
  aUserDataAdd,
} from "@snaprag/processors/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mirror } from "../support/open-mirror.ts";
import { openMirror } from "../support/open-mirror.ts";
import { changesOf } from "../support/stores.ts";

/** Accounts at home on shard 1 of 2. */
const FIDS = [1n, 3n, 1000n];

const userData = (fid: bigint, value: string) => aUserDataAdd({ type: 3, value }, { fid });

let mirror: Mirror;

beforeEach(async () => {
  mirror = await openMirror();
  await mirror.merge(
    ...FIDS.flatMap((fid) => [
      aMergeOnChainEvent(anIdRegisterEvent({}, { fid, seed: Number(fid) })),
      aMergeMessageEvent(userData(fid, `I am ${fid}`)),
    ]),
  );
});
afterEach(() => mirror[Symbol.asyncDispose]());

const derived = async () => ({
  fids: await mirror.select("select * from fids order by fid"),
  profiles: await mirror.select("select * from user_profiles order by fid"),
});

describe("rebuild()", () => {
  it("finds nothing to change in what batches derived", async () => {
    expect(await mirror.store.rebuild()).toEqual([
      { relation: "fids", rowCount: 3, changedCount: 0 },
      { relation: "user_profiles", rowCount: 3, changedCount: 0 },
    ]);
  });

  it("puts right what is different, missing or too much, and counts it", async () => {
    const right = await derived();
    await mirror.select("update user_profiles set bio = 'I was hacked' where fid = 1");
    await mirror.select("update user_profiles set updated_at = null where fid = 3");
    await mirror.select("insert into user_profiles (fid) values (77)");
    await mirror.select("update fids set shard_id = 2, virtual_shard = 0 where fid = 1");
    await mirror.select("update fids set custody_address = null where fid = 3");
    await mirror.select("delete from fids where fid = 1000");
    await mirror.select("insert into fids (fid, shard_id, virtual_shard) values (77, 1, 1)");

    expect(await mirror.store.rebuild()).toEqual([
      { relation: "fids", rowCount: 3, changedCount: 4 },
      { relation: "user_profiles", rowCount: 3, changedCount: 3 },
    ]);

    expect(await derived()).toEqual(right);
    const again = await mirror.store.rebuild();
    expect(again.map(({ changedCount }) => changedCount)).toEqual([0, 0]);
  });

  it("leaves accounts alone whose partition is still being downloaded", async () => {
    const { store } = mirror;
    await store.planSnapshot({ shardId: 1, height: 5n, virtualShards: [168] });
    await store.applyPage({
      ...{ shardId: 1, virtualShard: 168, height: 5n, at: new Date(), isRelisted: true },
      ...{ pageToken: null, nextPageToken: "next", isLast: false },
      changes: changesOf(5n, [
        aMergeMessageEvent(aUserDataAdd({ type: 3, value: "newer" }, { timestamp: 200_000_000 })),
      ]),
      ...{ messageCount: 1, fallbackCount: 0, quarantined: [] },
    });

    const rebuilt = await store.rebuild();

    // Fid 1 has virtual shard 168.
    expect(rebuilt.map(({ rowCount, changedCount }) => [rowCount, changedCount])).toEqual([
      [2, 0],
      [2, 0],
    ]);
    expect(await mirror.select("select bio from user_profiles where fid = 1")).toEqual([
      { bio: "I am 1" },
    ]);
  });

  it("keeps the shards it was told in a store that is bound to no network", async () => {
    await mirror.select("delete from sync_network");
    await mirror.select("update fids set shard_id = 9 where fid = 1");

    const [fids] = await mirror.store.rebuild();

    expect(fids).toEqual({ relation: "fids", rowCount: 3, changedCount: 0 });
  });

  it("changes nothing when it fails", async () => {
    await mirror.select("update user_profiles set bio = 'wrong' where fid = 1");
    await mirror.select("update fids set custody_address = null where fid = 3");
    await mirror.select("alter table user_profiles add constraint tall check (bio <> 'I am 1')");

    await expect(mirror.store.rebuild()).rejects.toMatchObject({ code: "constraint" });

    expect(await mirror.select("select custody_address from fids where fid = 3")).toEqual([
      { custody_address: null },
    ]);
  });
});
