// What a profile says, and what it said after each change.
import {
  aMergeMessageEvent,
  aPruneMessageEvent,
  aRevokeMessageEvent,
  aUserDataAdd,
} from "@snaprag/processors/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mirror } from "../support/open-mirror.ts";
import { openMirror } from "../support/open-mirror.ts";
import { BLOCK_TIME, changesOf } from "../support/stores.ts";

const FARCASTER_EPOCH_SECONDS = 1_609_459_200;
/** Farcaster seconds of every block in these tests. */
const NOW = BLOCK_TIME.getTime() / 1000 - FARCASTER_EPOCH_SECONDS;

let mirror: Mirror;

beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror[Symbol.asyncDispose]());

const userData = (type: number, value: string, timestamp: number) =>
  aUserDataAdd({ type: type as 1, value }, { timestamp, seed: timestamp });

describe("user_profiles", () => {
  it("holds the current value of each of the 13 fields", async () => {
    const types = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
    await mirror.merge(
      ...types.map((type) => aMergeMessageEvent(userData(type, `value ${type}`, type))),
    );

    const [profile] = await mirror.select("select * from user_profiles where fid = 1");

    expect(profile).toMatchObject({
      pfp: "value 1",
      display_name: "value 2",
      bio: "value 3",
      url: "value 5",
      username: "value 6",
      location: "value 7",
      twitter: "value 8",
      github: "value 9",
      banner: "value 10",
      primary_address_ethereum: "value 11",
      primary_address_solana: "value 12",
      profile_token: "value 13",
      live_at: "value 14",
    });
  });

  it("follows replacement, revocation and pruning", async () => {
    const [bio, newBio, name] = [userData(3, "a", 1), userData(3, "b", 2), userData(6, "alice", 3)];
    await mirror.merge(aMergeMessageEvent(bio), aMergeMessageEvent(name));
    await mirror.merge(aMergeMessageEvent(newBio, [bio]));
    expect(await mirror.select("select bio, username from user_profiles")).toEqual([
      { bio: "b", username: "alice" },
    ]);

    await mirror.merge(aRevokeMessageEvent(name), aPruneMessageEvent(newBio));

    expect(await mirror.select("select bio, username from user_profiles")).toEqual([
      { bio: null, username: null },
    ]);
  });

  it("is computed once for a partition when its download ends", async () => {
    const { store, select } = mirror;
    const changes = changesOf(1n, [aMergeMessageEvent(userData(3, "gm", 1))]);
    await store.planSnapshot({ shardId: 1, height: 1n, virtualShards: [168] });
    const page = {
      ...{ shardId: 1, virtualShard: 168, height: 1n, at: new Date(), isRelisted: false },
      ...{ changes, messageCount: 1, fallbackCount: 0, quarantined: [] },
    };
    const first = { ...page, pageToken: null, nextPageToken: "next", isLast: false };
    await store.applyPage(first);
    expect(await select("select bio from user_profiles")).toEqual([]);

    const last = { ...page, changes: [], pageToken: "next", nextPageToken: null, isLast: true };
    await store.applyPage(last);

    expect(await select("select fid, bio from user_profiles")).toMatchObject([{ bio: "gm" }]);
  });
});

describe("user_profile_snapshots", () => {
  const revisions = () =>
    mirror.select(
      "select revision, change, bio, username from user_profile_snapshots order by revision",
    );

  it("shows the whole profile after each change, in the protocol's order", async () => {
    const [late, early] = [userData(3, "second", 20), userData(3, "first", 10)];
    const name = userData(6, "alice", 15);
    // Arrives the wrong way round: what was written first loses against what is there.
    await mirror.merge(aMergeMessageEvent(late), aMergeMessageEvent(name));
    await mirror.merge(aPruneMessageEvent(early));
    await mirror.merge(aRevokeMessageEvent(name));

    expect(await revisions()).toEqual([
      { revision: "1", change: "set", bio: "first", username: null },
      { revision: "2", change: "set", bio: "first", username: "alice" },
      { revision: "3", change: "set", bio: "second", username: "alice" },
      { revision: "4", change: "revoked", bio: "second", username: null },
    ]);
  });

  it("ends a value that was ahead of its block after it began", async () => {
    const bio = userData(3, "from the future", NOW + 500);
    await mirror.merge(aMergeMessageEvent(bio));
    await mirror.merge(aPruneMessageEvent(bio));

    expect(await revisions()).toMatchObject([
      { change: "set", bio: "from the future" },
      { change: "pruned", bio: null },
    ]);
  });

  it("has no gap where a value ahead of its block replaced another", async () => {
    const [bio, newBio] = [userData(3, "a", NOW - 10), userData(3, "b", NOW + 500)];
    await mirror.merge(aMergeMessageEvent(bio));
    await mirror.merge(aMergeMessageEvent(newBio, [bio]));
    await mirror.merge(aPruneMessageEvent(bio));

    expect(await revisions()).toMatchObject([{ bio: "a" }, { bio: "b" }]);
  });

  it("shows an older value that was set again when the newer one had ended", async () => {
    const [name, newName] = [userData(6, "alice", 10), userData(6, "alice2", 20)];
    await mirror.merge(aMergeMessageEvent(name));
    await mirror.merge(aMergeMessageEvent(newName, [name]));
    await mirror.merge(aRevokeMessageEvent(newName));
    await mirror.merge(aMergeMessageEvent(name));

    expect(await revisions()).toMatchObject([
      { change: "set", username: "alice" },
      { change: "set", username: "alice2" },
      { change: "revoked", username: null },
      { change: "restored", username: "alice" },
    ]);
    expect(await mirror.select("select username from user_profiles")).toEqual([
      { username: "alice" },
    ]);
  });
});
