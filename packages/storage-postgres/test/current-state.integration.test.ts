// What is derived from the relations of messages.
import {
  aChannelRegisterEvent,
  aChannelUpdate,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  anFnameProof,
  anIdRegisterEvent,
  aPruneMessageEvent,
  aRevokeMessageEvent,
  aSignerEvent,
  aStorageRentEvent,
  aUserDataAdd,
} from "@snaprag/processors/testing";
import type { Store } from "@snaprag/storage";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import { createPostgresStore } from "../src/index.ts";
import { batchOf, changesOf } from "./support/stores.ts";

type HubEvent = Parameters<typeof changesOf>[1][number];

let database: TestDatabase;
let store: Store;
let client: pg.Client;
let block: bigint;

beforeEach(async () => {
  database = await createTestDatabase();
  store = createPostgresStore({ connectionString: database.url });
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 2 });
  await store.startRealtime(1, 0n);
  client = new pg.Client(database.url);
  await client.connect();
  block = 0n;
});

afterEach(async () => {
  await client.end();
  await store.close();
  await database[Symbol.asyncDispose]();
});

async function merge(...events: HubEvent[]): Promise<void> {
  block += 1n;
  await store.applyBlocks(batchOf(block, changesOf(block, events)));
}

async function select(sql: string): Promise<Record<string, unknown>[]> {
  return (await client.query(sql)).rows;
}

const userData = (type: number, value: string, timestamp: number) =>
  aUserDataAdd({ type: type as 1, value }, { timestamp, seed: timestamp });

describe("user_profiles", () => {
  it("holds the current value of each of the 13 fields", async () => {
    const types = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
    await merge(...types.map((type) => aMergeMessageEvent(userData(type, `value ${type}`, type))));

    const [profile] = await select("select * from user_profiles where fid = 1");

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
    await merge(aMergeMessageEvent(bio), aMergeMessageEvent(name));
    await merge(aMergeMessageEvent(newBio, [bio]));
    expect(await select("select bio, username from user_profiles")).toEqual([
      { bio: "b", username: "alice" },
    ]);

    await merge(aRevokeMessageEvent(name), aPruneMessageEvent(newBio));

    expect(await select("select bio, username from user_profiles")).toEqual([
      { bio: null, username: null },
    ]);
  });

  it("is computed once for a partition when its download ends", async () => {
    const changes = changesOf(1n, [aMergeMessageEvent(userData(3, "gm", 1))]);
    await store.planSnapshot({ shardId: 1, height: 1n, virtualShards: [168] });
    const page = {
      ...{ shardId: 1, virtualShard: 168, height: 1n, at: new Date(), isRelisted: false },
      ...{ changes, messageCount: 1, fallbackCount: 0, quarantined: [] },
    };
    await store.applyPage({ ...page, pageToken: null, nextPageToken: "next", isLast: false });
    expect(await select("select bio from user_profiles")).toEqual([]);

    await store.applyPage({
      ...page,
      changes: [],
      pageToken: "next",
      nextPageToken: null,
      isLast: true,
    });

    expect(await select("select fid, bio from user_profiles")).toMatchObject([{ bio: "gm" }]);
  });
});

describe("user_profile_snapshots", () => {
  it("shows the whole profile after each change, in the protocol's order", async () => {
    const [late, early] = [userData(3, "second", 20), userData(3, "first", 10)];
    const name = userData(6, "alice", 15);
    // Arrives the wrong way round: what was written first loses against what is there.
    await merge(aMergeMessageEvent(late), aMergeMessageEvent(name));
    await merge(aPruneMessageEvent(early));
    await merge(aRevokeMessageEvent(name));

    expect(
      await select("select bio, username from user_profile_snapshots order by changed_at, hash"),
    ).toEqual([
      { bio: "first", username: null },
      { bio: "first", username: "alice" },
      { bio: "second", username: "alice" },
      { bio: "second", username: null },
    ]);
  });
});

describe("fids", () => {
  it("follows custody and recovery by the order of events on the chain", async () => {
    const address = (seed: number) => Uint8Array.from({ length: 20 }, () => seed);
    await merge(
      aMergeOnChainEvent(
        anIdRegisterEvent(
          { eventType: 2, to: address(2), recoveryAddress: new Uint8Array() },
          { blockNumber: 20, seed: 1 },
        ),
      ),
      aMergeOnChainEvent(
        anIdRegisterEvent(
          { eventType: 1, to: address(1), recoveryAddress: address(8) },
          { blockNumber: 10 },
        ),
      ),
      aMergeOnChainEvent(
        anIdRegisterEvent(
          { eventType: 3, to: new Uint8Array(), recoveryAddress: address(9) },
          { blockNumber: 30, seed: 2 },
        ),
      ),
    );

    const [account] = await select("select * from fids where fid = 1");

    expect(account).toMatchObject({
      shard_id: 1,
      virtual_shard: 168,
      custody_address: Buffer.from(address(2)),
      recovery_address: Buffer.from(address(9)),
    });
    expect(account?.["registered_at"]).toBeInstanceOf(Date);
  });
});

describe("signers", () => {
  it("are active when added last, or reset by the administrator", async () => {
    const at = (blockNumber: number, seed: number) => ({ blockNumber, seed });
    const key = (seed: number) => Uint8Array.from({ length: 32 }, () => seed);
    await merge(
      aMergeOnChainEvent(aSignerEvent({ key: key(1), eventType: 1 }, at(10, 1))),
      aMergeOnChainEvent(aSignerEvent({ key: key(2), eventType: 1 }, at(10, 2))),
      aMergeOnChainEvent(aSignerEvent({ key: key(2), eventType: 2 }, at(20, 3))),
      aMergeOnChainEvent(aSignerEvent({ key: key(3), eventType: 2 }, at(20, 4))),
      aMergeOnChainEvent(aSignerEvent({ key: key(3), eventType: 3 }, at(30, 5))),
    );

    expect(await select("select key, source, is_active from signers order by key")).toEqual([
      { key: Buffer.from(key(1)), source: "onchain", is_active: true },
      { key: Buffer.from(key(2)), source: "onchain", is_active: false },
      { key: Buffer.from(key(3)), source: "onchain", is_active: true },
    ]);
  });
});

describe("storage_units", () => {
  it.each([
    [1_724_889_599n, 0, 4 * 365],
    [1_724_889_600n, 1, 3 * 365],
    [1_752_685_199n, 1, 3 * 365],
    [1_752_685_200n, 2, 2 * 365],
    [1_782_147_599n, 2, 2 * 365],
    [1_782_147_600n, 2, 365],
  ])("rented at %i are of type %i and last %i days on mainnet", async (at, type, days) => {
    await merge(aMergeOnChainEvent(aStorageRentEvent({ units: 2 }, { blockTimestamp: at })));

    const [rent] = await select(
      "select units, unit_type, extract(epoch from expires_at - rented_at)::int / 86400 as days from storage_units",
    );

    expect(rent).toEqual({ units: "2", unit_type: type, days });
  });
});

describe("names and channels", () => {
  it("fnames shows who holds a name now", async () => {
    const [first, second] = [
      anFnameProof({ fid: 1n, timestamp: 10n }),
      anFnameProof({ fid: 5n, timestamp: 20n }),
    ];
    await merge(aMergeUsernameProofEvent({ usernameProof: first }));
    await merge(aMergeUsernameProofEvent({ usernameProof: second, deletedUsernameProof: first }));

    expect(await select("select name, fid from fnames")).toEqual([{ name: "alice", fid: "5" }]);
  });

  it("channels combines registration and configuration", async () => {
    const registered = aChannelRegisterEvent({}, { seed: 0 });
    const channelId =
      registered.body?.$case === "channelRegisterEventBody"
        ? registered.body.value.label
        : new Uint8Array();
    await merge(
      aMergeOnChainEvent(registered),
      aMergeMessageEvent(aChannelUpdate({ channelId, name: "Memes" })),
    );

    expect(await select("select channel_key, name from channels")).toEqual([
      { channel_key: "channel-0", name: "Memes" },
    ]);
  });
});
