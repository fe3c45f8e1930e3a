// Several that sync into one store: they share the work, and take over what one leaves.
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { Store, SyncMembership } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import type { SyncerOptions } from "../src/index.ts";
import { createSyncer } from "../src/index.ts";
import { differences, newStore, startDevnet, sync } from "./support/mirrors.ts";

let devnet: Devnet;

beforeEach(async () => {
  devnet = await startDevnet({ users: 60, messages: 1500 });
});
afterEach(() => devnet.stop());

/** One of several, which can be ended as its process would be. */
function begin(store: Store, options: Partial<SyncerOptions> = {}) {
  const client = createNodeClient({ endpoint: devnet.endpoint });
  const fixed = { client, store, holder: "one of several", syncIntervalMs: 20, lanes: 2 };
  const syncer = createSyncer({ ...fixed, ...options });
  const stop = new AbortController();
  const ended = syncer.run({ signal: stop.signal, untilSynced: true });
  return {
    syncer,
    ended,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended.catch(() => undefined);
      await client.close();
    },
  };
}

/** Height of the newest snapshot. */
async function findHeight(shardId: number): Promise<bigint> {
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const [newest] = await client.listSnapshots(shardId);
  if (newest === undefined) throw new Error("The devnet has no snapshot");
  return newest.height;
}

describe("several syncers of one store", () => {
  it("share the partitions of a snapshot", async () => {
    const store = newStore();
    await using one = begin(store);
    await using other = begin(store);

    await Promise.all([one.ended, other.ended]);

    expect(await differences(devnet, store)).toEqual([]);
    for (const { syncer } of [one, other]) {
      const shards = syncer.progress().filter(({ shardId }) => shardId > 0);
      for (const shard of shards) {
        expect(shard.entryCount).toBeGreaterThan(0);
        expect(shard.entryCount).toBeLessThan(shard.expectedCount);
        expect(shard.isCaughtUp).toBe(true);
      }
    }
    const faults = (await store.listShards()).map(({ errorCount }) => errorCount);
    expect(faults).toEqual([0, 0, 0]);
  });

  it("divide the shards as they are told, and end when their own have caught up", async () => {
    const store = newStore();
    const even = (shardId: number) => shardId % 2 === 0;
    await using helper = begin(store, { leads: () => false });
    await using one = begin(store, { leads: even });

    // Nobody leads shard 1, and without its history there are no indexes.
    await expect
      .poll(async () => (await store.listShards()).map(({ phase }) => phase), { timeout: 30_000 })
      .toEqual(["realtime", "realtime"]);
    expect((await store.listShards()).map(({ shardId }) => shardId)).toEqual([0, 2]);
    await using other = begin(store, { leads: (shardId) => !even(shardId) });

    await Promise.all([helper.ended, one.ended, other.ended]);
    expect(await differences(devnet, store)).toEqual([]);
    const counts = [helper, one, other].map(({ syncer }) =>
      syncer.progress().reduce((sum, { entryCount }) => sum + entryCount, 0),
    );
    for (const count of counts) expect(count).toBeGreaterThan(0);
  });

  it("end with the history, also after a block that those who lead shard 0 have not seen", async () => {
    const store = newStore();
    const even = (shardId: number) => shardId % 2 === 0;
    await sync(devnet, store);
    await using one = begin(store, { mode: "historical", leads: even });
    await one.ended;
    await devnet.produceBlock();

    await using late = begin(store, { mode: "historical", leads: (shardId) => !even(shardId) });
    await late.ended;

    expect(late.syncer.progress().map(({ phase }) => phase)).toEqual([
      "realtime",
      "realtime",
      "realtime",
    ]);
  });

  it("end also when they are told to before a shard has begun", async () => {
    const store = newStore();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const stop = new AbortController();
    const stopping: Store = {
      ...store,
      async bindNetwork(identity) {
        await store.bindNetwork(identity);
        stop.abort();
      },
    };
    const syncer = createSyncer({ client, store: stopping, holder: "one that is stopped" });

    await syncer.run({ signal: stop.signal });

    expect(await store.listPartitions(1)).toEqual([]);
  });

  it("wait for what one has taken, and go on with it when that one leaves", async () => {
    const store = newStore();
    await using idle = await store.joinSync("one that does nothing");
    await idle.leadShard(1);
    await store.planSnapshot({ shardId: 2, height: await findHeight(2), virtualShards: [1] });
    await idle.takePartition(2, 1);
    await using one = begin(store);
    await expect
      .poll(async () => (await store.listPartitions(2)).filter(({ status }) => status === "done"), {
        timeout: 30_000,
      })
      .toHaveLength(255);
    expect(await store.listPartitions(1)).toEqual([]);

    await idle.release();
    await one.ended;

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("stand by as long as another one follows, historical only until it has the history", async () => {
    const store = newStore();
    await using one = begin(store);
    await one.ended;
    await using leader = await store.joinSync("one that leads");
    for (const shardId of [0, 1, 2]) await leader.leadShard(shardId);

    // Asked for every moment, counts of the rows would keep a large database busy.
    const uncounted: Store = { ...store, listShards: () => Promise.reject(new Error("counted")) };
    await using late = begin(uncounted, { mode: "historical" });
    await late.ended;

    expect(late.syncer.progress().every(({ isCaughtUp }) => isCaughtUp)).toBe(true);
  });
});

/** A store for a process that is to be stopped, and taken for gone, until it is woken. */
function createSleeper(store: Store) {
  let membership: SyncMembership | undefined;
  let wake = () => {};
  const awake = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return {
    wake: () => wake(),
    /** Others take what it has; this one goes on when it is woken. */
    async sleep(): Promise<void> {
      await membership?.release();
      await awake;
    },
    /** The store as it is given to the process, with some of its methods. */
    storeWith(methods: Partial<Store>, work: Partial<SyncMembership> = {}): Store {
      return {
        ...store,
        async joinSync(holder) {
          membership = await store.joinSync(holder);
          return { ...membership, ...work };
        },
        ...methods,
      };
    },
    get membership() {
      if (membership === undefined) throw new Error("The process has not joined yet");
      return membership;
    },
  };
}

describe("a process that was only stopped", () => {
  it("starts nothing anew that others follow when it wakes up", async () => {
    const store = newStore();
    const sleeper = createSleeper(store);
    let sleepingCount = 0;
    const sleeping = sleeper.storeWith({
      async startRealtime(shardId, blockNumber) {
        sleepingCount += 1;
        await sleeper.sleep();
        await store.startRealtime(shardId, blockNumber);
      },
    });
    await using one = begin(sleeping);
    await expect.poll(() => sleepingCount, { timeout: 30_000 }).toBe(3);
    await devnet.produceBlock(20);
    await using other = begin(store);
    await other.ended;
    const before = await store.listShards();

    sleeper.wake();
    await one.ended;

    const shards = await store.listShards();
    const withoutErrors = shards.map((shard) => ({ ...shard, errorCount: 0, retryCount: 0 }));
    const proofs = shards.map(({ proof }) => ({ proof }));
    expect(withoutErrors).toEqual(before.map((shard, index) => ({ ...shard, ...proofs[index] })));
    expect(shards.map(({ errorCount }) => errorCount)).toEqual([1, 1, 1]);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("plans nothing anew that others have finished when it wakes up", async () => {
    const store = newStore();
    const sleeper = createSleeper(store);
    let isAsleep = false;
    const sleeping = sleeper.storeWith(
      {},
      {
        async takePartition(shardId, virtualShard) {
          const taken = await sleeper.membership.takePartition(shardId, virtualShard);
          if (shardId === 1 && !isAsleep) {
            isAsleep = true;
            await sleeper.sleep();
          }
          return taken;
        },
      },
    );
    await using one = begin(sleeping, { verification: "none" });
    await expect.poll(() => isAsleep, { timeout: 30_000 }).toBe(true);
    await using other = begin(store);
    await other.ended;
    const before = await store.listPartitions(1);
    await devnet.produceBlock(20);
    devnet.dropSnapshots();
    await devnet.produceBlock();

    sleeper.wake();
    await one.ended;

    expect(await store.listPartitions(1)).toEqual(before);
    await sync(devnet, store);
    expect(await differences(devnet, store)).toEqual([]);
  });
});

describe("a process that is gone", () => {
  it("is taken over at once when its connection ends, and after its lease when it is silent", async () => {
    await using database = await createTestDatabase();
    await using store = createPostgresStore({ connectionString: database.url });
    await store.migrate();
    const killed = await store.joinSync("killed");
    const silent = await store.joinSync("silent");
    await killed.leadShard(1);
    await silent.leadShard(2);
    await using one = begin(store);
    await expect
      .poll(() => one.syncer.progress().find(({ shardId }) => shardId === 0)?.isCaughtUp, {
        timeout: 30_000,
      })
      .toBe(true);
    expect(await store.listPartitions(1)).toEqual([]);
    expect(await store.listPartitions(2)).toEqual([]);

    await database.query(
      `select pg_terminate_backend(l.pid) from pg_locks l join sync_members m on m.id = l.objid::bigint
      where l.locktype = 'advisory' and m.holder = 'killed'`,
    );
    await database.query("update sync_members set expires_at = now() where holder = 'silent'");
    await one.ended;

    expect(await differences(devnet, store)).toEqual([]);
    await silent.release();
  });

  /** Has two sync that take each other for gone all the time; returns how often one came in the way. */
  async function takeForGone(): Promise<number> {
    await using database = await createTestDatabase();
    await using store = createPostgresStore({ connectionString: database.url });
    await store.migrate();
    await using one = begin(store, { lanes: 16 });
    await using other = begin(store, { lanes: 16 });
    let isOver = false;
    const ended = Promise.all([one.ended, other.ended]).finally(() => {
      isOver = true;
    });

    while (!isOver) {
      await database.query("update sync_members set expires_at = now()");
    }
    await ended;

    expect(await differences(devnet, store)).toEqual([]);
    const { rows } = await database.query("select from sync_errors where message like '%fenced%'");
    return rows.length;
  }

  it("does no harm when it was only taken for gone", async () => {
    // Now and then one is done before the other could come in its way.
    let fencedCount = 0;
    for (let tries = 0; tries < 5 && fencedCount === 0; tries++) fencedCount = await takeForGone();

    expect(fencedCount).toBeGreaterThan(0);
  });
});
