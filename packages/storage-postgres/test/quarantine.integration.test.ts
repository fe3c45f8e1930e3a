// What the database refuses for its content, and what becomes of the rest.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change } from "@snaprag/processors";
import {
  aCastAdd,
  aLinkAdd,
  aLinkCompactState,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  anFnameProof,
  aPruneMessageEvent,
  aReactionAdd,
  aSignerEvent,
  aUserDataAdd,
  aUsernameProof,
} from "@snaprag/processors/testing";
import type { PageBatch, QuarantineRecord, Store } from "@snaprag/storage";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyEmbeddedDatabase } from "../../../test/support/embedded-template.ts";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import type { EmbeddedDatabase } from "../src/connection/embedded/index.ts";
import { openEmbeddedDatabase } from "../src/connection/embedded/index.ts";
import type { PostgresStoreOptions } from "../src/index.ts";
import { createPostgresStore } from "../src/index.ts";
import { batchOf, changesOf } from "./support/stores.ts";

async function quarantinedIn(store: Store): Promise<readonly QuarantineRecord[]> {
  const records: QuarantineRecord[] = [];
  for await (const record of store.listQuarantined()) records.push(record);
  return records;
}

async function textsIn(store: Store): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { row, state } of store.listRows("casts"))
    if (state.isLive) texts.push(row.text);
  return texts.sort();
}

async function opened(options: PostgresStoreOptions): Promise<Store> {
  const store = createPostgresStore(options);
  await store.reset();
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 1 });
  await store.startRealtime(1, 0n);
  return store;
}

function casts(blockNumber: bigint, texts: readonly string[]): readonly Change[] {
  const events = texts.map((text) => aMergeMessageEvent(aCastAdd({ text })));
  return changesOf(blockNumber, events);
}

/** A page of fid 1's partition, the only one of its snapshot. */
function pageOf(changes: readonly Change[], isLast = true): PageBatch {
  return {
    shardId: 1,
    virtualShard: 168,
    height: 5n,
    at: new Date("2026-01-01T00:00:00Z"),
    pageToken: null,
    nextPageToken: isLast ? null : "next",
    isLast,
    isRelisted: false,
    changes,
    messageCount: changes.length,
    fallbackCount: 0,
    quarantined: [],
  };
}

let database: TestDatabase;
let client: pg.Client;
let store: Store;

beforeEach(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  store = await opened({ connectionString: database.url });
});

afterEach(async () => {
  await store.close();
  await client.end();
  await database[Symbol.asyncDispose]();
});

/** Adds a rule that the database then refuses messages by, as an operator's own constraint. */
const constrain = (table: string, check: string) =>
  client.query(`alter table ${table} add constraint mine check (${check})`);

const NO_POISON = "text not like '%poison%'";

describe("indexes", () => {
  it("hold values as long as the protocol allows, written before or after they are built", async () => {
    // A B-tree's row holds 2,700 bytes; random ones do not become fewer by compression.
    const long = (bytes: number) => randomBytes(bytes / 2).toString("hex");
    const events = () => [
      aMergeMessageEvent(
        aCastAdd({
          text: long(16),
          parent: { $case: "parentUrl", value: `https://${long(15_000)}` },
        }),
      ),
      aMergeMessageEvent(
        aCastAdd({
          text: long(16),
          parent: { $case: "parentCastId", value: { fid: 1n, hash: randomBytes(15_000) } },
        }),
      ),
      aMergeMessageEvent(
        aReactionAdd({
          target: { $case: "targetCastId", value: { fid: 1n, hash: randomBytes(1900) } },
        }),
      ),
      aMergeMessageEvent(aUsernameProof({ name: Buffer.from(long(15_000)) })),
      aMergeMessageEvent(
        aUserDataAdd({ type: 6, value: [...randomBytes(735).toString("base64")].join("\0") }),
      ),
      aMergeOnChainEvent(aSignerEvent({ key: randomBytes(9000) }, { seed: Number(block) })),
    ];
    let block = 1n;
    await store.applyBlocks(batchOf(block, changesOf(block, events())));
    await store.finishLoading();
    block = 2n;
    await store.applyBlocks(batchOf(block, changesOf(block, events())));

    expect(await quarantinedIn(store)).toEqual([]);
    expect((await store.countRows()).get("casts")?.live).toBe(4);
    expect((await store.countRows()).get("onchain_events")?.live).toBe(2);
  });
});

describe("a refused message", () => {
  it("is set aside with its bytes, and the rest of the batch is written", async () => {
    await constrain("casts", NO_POISON);
    const texts = ["a", "poison 1", "b", "c", "d", "poison 2", "e"];
    await store.applyBlocks(batchOf(1n, casts(1n, texts)));

    expect(await textsIn(store)).toEqual(["a", "b", "c", "d", "e"]);
    expect((await store.listShards())[0]).toMatchObject({ blockNumber: 1n, quarantinedCount: 2 });
    const [record] = await quarantinedIn(store);
    const message = aCastAdd({ text: "poison 1" });
    expect(record).toMatchObject({
      shardId: 1,
      fid: 1n,
      messageType: 1,
      rawKind: "message",
      eventId: (1n << 14n) + 2n,
      retireReason: null,
      reason: "rejected_23514",
    });
    expect(record?.detail).toContain("mine");
    expect(Buffer.from(record!.hash)).toEqual(Buffer.from(message.hash));
    expect(Buffer.from(record!.raw).includes(Buffer.from(message.data))).toBe(true);
  });

  it("is one of a page too", async () => {
    await constrain("casts", NO_POISON);
    await store.planSnapshot({ shardId: 1, height: 5n, virtualShards: [168] });
    await store.applyPage(pageOf(casts(5n, ["a", "poison", "b"])));

    expect(await textsIn(store)).toEqual(["a", "b"]);
    expect(await quarantinedIn(store)).toHaveLength(1);
    expect((await store.listPartitions(1))[0]?.status).toBe("done");
  });

  it("is found by an index's limit as by any other", async () => {
    await client.query("create index mine on casts (text)");
    const changes = casts(1n, [randomBytes(4000).toString("hex"), "short"]);
    await store.applyBlocks(batchOf(1n, changes));

    expect(await textsIn(store)).toEqual(["short"]);
    expect((await quarantinedIn(store))[0]?.reason).toBe("rejected_54000");
  });

  it("is found by a constraint that is checked at the end", async () => {
    await client.query("create table mine (text text primary key)");
    await client.query("insert into mine values ('a')");
    await client.query(
      "alter table casts add constraint mine foreign key (text) references mine deferrable initially deferred",
    );
    await store.applyBlocks(batchOf(1n, casts(1n, ["a", "b"])));

    expect(await textsIn(store)).toEqual(["a"]);
    expect((await quarantinedIn(store))[0]?.reason).toBe("rejected_23503");
  });

  it("does not make the sweep that came with it", async () => {
    await constrain("link_compact_states", "cardinality(target_fids) > 0");
    const link = aLinkAdd({ type: "follow", target: { $case: "targetFid", value: 7n } });
    await store.applyBlocks(batchOf(1n, changesOf(1n, [aMergeMessageEvent(link)])));
    const state = aLinkCompactState({ type: "follow", targetFids: [] });
    const events = [aMergeMessageEvent(state), aMergeMessageEvent(aCastAdd({ text: "a" }))];
    await store.applyBlocks(batchOf(2n, changesOf(2n, events)));

    expect((await store.countRows()).get("links")?.live).toBe(1);
    expect(await textsIn(store)).toEqual(["a"]);
    expect((await quarantinedIn(store)).map(({ messageType }) => messageType)).toEqual([14]);
  });

  it("is one that ended, with why and when", async () => {
    await constrain("casts", NO_POISON);
    const prune = aPruneMessageEvent(aCastAdd({ text: "poison" }));
    await store.applyBlocks(batchOf(1n, changesOf(1n, [prune])));

    const [record] = await quarantinedIn(store);
    expect(record).toMatchObject({ retireReason: "pruned", rawKind: "message" });
  });

  it("is what is no message too", async () => {
    await constrain("onchain_events", "fid <> 5");
    await constrain("fname_transfers", "fid <> 5");
    const events = [
      aMergeOnChainEvent(aSignerEvent({}, { fid: 5n })),
      aMergeOnChainEvent(aSignerEvent({}, { fid: 6n })),
      aMergeUsernameProofEvent({ usernameProof: anFnameProof({ fid: 5n }) }),
    ];
    await store.applyBlocks(batchOf(1n, changesOf(1n, events)));

    const kinds = (await quarantinedIn(store)).map(({ rawKind }) => rawKind).sort();
    expect(kinds).toEqual(["fname_proof", "onchain_event"]);
    expect((await store.countRows()).get("onchain_events")?.live).toBe(1);
  });

  it("becomes a row by a replay, once the database takes it", async () => {
    await constrain("casts", NO_POISON);
    const changes = casts(1n, ["poison"]);
    await store.applyBlocks(batchOf(1n, changes));
    const id = (await quarantinedIn(store))[0]?.id ?? 0n;

    const refused = await store.applyReplay({ id, changes });
    expect(refused).toMatchObject({ status: "open", attempts: 1, reason: "rejected_23514" });
    expect(await textsIn(store)).toEqual([]);
    await client.query("alter table casts drop constraint mine");
    expect(await store.applyReplay({ id, changes })).toMatchObject({ status: "resolved" });
    expect(await textsIn(store)).toEqual(["poison"]);
  });
});

describe("a refusal that is not a message's fault", () => {
  it("fails the batch, and sets nothing aside, when nearly everything is refused", async () => {
    await constrain("casts", "false");
    const texts = Array.from({ length: 150 }, (_, index) => `${index}`);

    await expect(store.applyBlocks(batchOf(1n, casts(1n, texts)))).rejects.toMatchObject({
      code: "constraint",
    });
    expect(await quarantinedIn(store)).toEqual([]);
    expect((await store.listShards())[0]?.blockNumber).toBe(0n);
  });

  it("leaves what is derived of an account as it is, and keeps its messages", async () => {
    await constrain("user_profiles", "bio not like '%poison%'");
    const bio = (value: string, fid: bigint) =>
      aMergeMessageEvent(aUserDataAdd({ type: 3, value }, { fid }));
    const events = [bio("poison", 1n), bio("fine", 2n), bio("fine", 3n)];
    await store.applyBlocks(batchOf(1n, changesOf(1n, events)));

    expect(await quarantinedIn(store)).toEqual([]);
    expect((await store.countRows()).get("user_data_changes")?.live).toBe(3);
    const { rows } = await client.query("select fid from user_profiles order by fid");
    expect(rows.map(({ fid }) => fid)).toEqual(["2", "3"]);
    const { rows: faults } = await client.query("select code, message from sync_errors");
    expect(faults).toEqual([
      { code: "derived_rejected", message: expect.stringContaining("account 1") },
    ]);
  });

  it("leaves what is derived of an account as it is at the end of a partition", async () => {
    await constrain("user_profiles", "bio not like '%poison%'");
    const data = aUserDataAdd({ type: 3, value: "poison" });
    await store.planSnapshot({ shardId: 1, height: 5n, virtualShards: [168] });
    await store.applyPage(pageOf(changesOf(5n, [aMergeMessageEvent(data)]), false));
    await store.applyPage({ ...pageOf([]), pageToken: "next" });

    expect((await store.countRows()).get("user_data_changes")?.live).toBe(1);
    expect((await store.listPartitions(1))[0]?.status).toBe("done");
    expect((await store.listShards())[0]?.errorCount).toBe(1);
  });
});

describe("a change handler", () => {
  it("sees what is written, and not what is set aside", async () => {
    const seen: number[] = [];
    await using handled = createPostgresStore({
      connectionString: database.url,
      onChanges: async (changes) => void seen.push(changes.length),
    });
    await constrain("casts", NO_POISON);
    await handled.applyBlocks(batchOf(1n, casts(1n, ["a", "poison", "b"])));

    expect(seen).toEqual([2]);
    expect(await textsIn(store)).toEqual(["a", "b"]);
    const [record] = await quarantinedIn(store);
    await handled.applyReplay({ id: record?.id ?? 0n, changes: casts(1n, ["c"]) });
    expect(seen).toEqual([2, 1]);
  });

  it("undoes the batch when the database refuses what it writes itself", async () => {
    let calls = 0;
    await using handled = createPostgresStore({
      connectionString: database.url,
      onChanges: async (_, transaction) => {
        calls += 1;
        await transaction.query("insert into sync_partitions values (1, 999, 'done', 1)");
      },
    });

    await expect(handled.applyBlocks(batchOf(1n, casts(1n, ["a"])))).rejects.toMatchObject({
      code: "constraint",
    });
    expect([calls, await textsIn(store), await quarantinedIn(store)]).toEqual([1, [], []]);
  });

  it("undoes a replay when it throws", async () => {
    await constrain("casts", NO_POISON);
    await store.applyBlocks(batchOf(1n, casts(1n, ["poison"])));
    await using handled = createPostgresStore({
      connectionString: database.url,
      onChanges: () => Promise.reject(new Error("no")),
    });
    const id = (await quarantinedIn(store))[0]?.id ?? 0n;

    await expect(handled.applyReplay({ id, changes: casts(1n, ["a"]) })).rejects.toThrow("no");
    expect((await quarantinedIn(store))[0]).toMatchObject({ status: "open", attempts: 0 });
    expect(await textsIn(store)).toEqual([]);
  });
});

describe("a replay beside a sync", () => {
  it("waits for the blocks of its shard, and sees what they swept", async () => {
    await constrain("links", "target_fid <> 7");
    const link = aLinkAdd({ type: "follow", target: { $case: "targetFid", value: 7n } });
    const changes = changesOf(1n, [aMergeMessageEvent(link)]);
    // The account is known before, so that its row is not what is waited for.
    await store.applyBlocks(batchOf(1n, [...changes, ...casts(1n, ["known"])]));
    await client.query("alter table links drop constraint mine");
    const id = (await quarantinedIn(store))[0]?.id ?? 0n;
    let replayed: Promise<unknown> = Promise.resolve();
    await using syncing = createPostgresStore({
      connectionString: database.url,
      onChanges: async (_, transaction) => {
        replayed = store.applyReplay({ id, changes });
        // It waits for this transaction: one that does not would be done by then.
        for (let waiting = 0; waiting === 0; ) {
          const { rows } = await transaction.query(
            "select count(*)::int as n from pg_locks where not granted",
          );
          waiting = rows[0].n;
        }
      },
    });
    const state = aLinkCompactState({ type: "follow", targetFids: [] });
    await syncing.applyBlocks(batchOf(2n, changesOf(2n, [aMergeMessageEvent(state)])));
    await replayed;

    expect((await store.countRows()).get("links")).toMatchObject({ live: 0, total: 1 });
    expect((await quarantinedIn(store))[0]?.status).toBe("resolved");
  });
});

describe("the embedded database", () => {
  let folder: string;
  let embedded: EmbeddedDatabase;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "snaprag-embedded-"));
    await copyEmbeddedDatabase(join(folder, "db"));
    embedded = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "a test" });
  });
  afterAll(async () => {
    await embedded.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("sets aside what it refuses, and replays it", async () => {
    await using inside = await opened(embedded.storeOptions);
    const owner = new pg.Client(embedded.storeOptions.connection);
    await owner.connect();
    await owner.query(`alter table casts add constraint mine check (${NO_POISON})`);
    await inside.applyBlocks(batchOf(1n, casts(1n, ["a", "poison", "b"])));
    expect(await textsIn(inside)).toEqual(["a", "b"]);
    const [record] = await quarantinedIn(inside);
    expect(record?.reason).toBe("rejected_23514");

    await owner.query("alter table casts drop constraint mine");
    await owner.end();
    await inside.applyReplay({ id: record?.id ?? 0n, changes: casts(1n, ["poison"]) });
    expect(await textsIn(inside)).toEqual(["a", "b", "poison"]);
  });
});
