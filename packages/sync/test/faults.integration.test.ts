// What a node does wrong, and what the mirror must not take from it.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, FaultPlan, RpcMethod } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SyncerOptions } from "../src/index.ts";
import { createSyncer } from "../src/index.ts";
import { register } from "./support/accounts.ts";
import { differences, differingHashes, newStore, startDevnet, sync } from "./support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

/** Messages that no call brings (docs/protocol.md 2.5, 8.4). */
const OF_NO_CALL: ReadonlySet<string> = new Set(
  [12, 18, 19, 20, 21].map((messageType) => `message type ${messageType}`),
);

async function listQuarantined(store: Store): Promise<readonly string[]> {
  const hashes: string[] = [];
  for await (const { hash } of store.listQuarantined()) {
    hashes.push(Buffer.from(hash).toString("hex"));
  }
  return hashes;
}

/** The account with the most live messages. */
function largestAccount(network: Devnet): bigint {
  const counts = new Map<bigint, number>();
  for (const entry of network.listLive()) {
    if (entry.kind === "message") counts.set(entry.fid, (counts.get(entry.fid) ?? 0) + 1);
  }
  const [largest] = [...counts].sort(([, a], [, b]) => b - a);
  return largest?.[0] ?? 0n;
}

/** Mirrors a history and blocks after it, all of it with faults. */
async function mirrorThrough(
  faults: FaultPlan,
  store: Store,
  options: Partial<SyncerOptions> = {},
): Promise<void> {
  devnet = await startDevnet({ users: 20, messages: 1500, faults });
  await sync(devnet, store, options);
  await devnet.produceBlock(40);
  await sync(devnet, store, options);
}

describe("a message that does not fit its hash", () => {
  it("is read again when it was spoilt on its way", async () => {
    const store = newStore();
    await mirrorThrough({ corrupt: { chance: 0.1 } }, store);

    expect(devnet.faultCounts().get("corrupt")).toBeGreaterThan(5);
    expect(await listQuarantined(store)).toEqual([]);
    expect(await differences(devnet, store)).toEqual([]);
  });

  it("goes to quarantine alone when the node has it so, and everything else is mirrored", async () => {
    const store = newStore();
    // What no node has whole cannot be repaired, and trying to takes its time.
    await mirrorThrough({ corruptMessages: { chance: 0.02 } }, store, { proofInterval: 0 });

    const corrupted = new Set(devnet.listCorrupted());
    const quarantined = new Set(await listQuarantined(store));
    const hashes = await differingHashes(devnet, store);
    expect(hashes.length).toBeGreaterThan(5);
    expect(hashes.filter((hash) => !corrupted.has(hash))).toEqual([]);
    expect(hashes.filter((hash) => !quarantined.has(hash))).toEqual([]);
  });
});

describe("a page that cannot be served", () => {
  it("is replaced by its accounts, which are counted", async () => {
    const store = newStore();
    await mirrorThrough({ unpageable: { chance: 0.5 } }, store);

    expect(await differences(devnet, store)).toEqual([]);
    const shards = await store.listShards();
    expect(shards.reduce((sum, { fallbackCount }) => sum + fallbackCount, 0)).toBeGreaterThan(3);
  });
});

describe("an account of more than a page", () => {
  it("is read on where it was left when a page in the middle of it cannot be served", async () => {
    devnet = await startDevnet({ users: 10, messages: 5000 });
    const largest = largestAccount(devnet);
    devnet.setFaults({ unpageable: { virtualShards: [virtualShardOf(largest)] } });
    const store = newStore();
    const tokens: (string | null)[] = [];
    const hashes: string[] = [];
    const watched: Store = {
      ...store,
      async applyPage(page) {
        tokens.push(page.nextPageToken);
        for (const change of page.changes) {
          if (change.kind !== "merge" || !("hash" in change.row)) continue;
          hashes.push(Buffer.from(change.row.hash).toString("hex"));
        }
        await store.applyPage(page);
      },
    };

    await sync(devnet, watched);

    expect(await differences(devnet, store)).toEqual([]);
    // Pages of it were stored, up to the one that failed, and nothing of them again.
    expect(tokens).toContainEqual(expect.stringMatching(`^accounts-from:${largest}/[0-9a-f]+$`));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("is met as it is there when another process has left it in the middle", async () => {
    devnet = await startDevnet({ users: 10, messages: 5000 });
    const largest = largestAccount(devnet);
    const virtualShard = virtualShardOf(largest);
    devnet.setFaults({ unpageable: { virtualShards: [virtualShard] } });
    const store = newStore();
    const left = new AbortController();
    const leaving: Store = {
      ...store,
      async applyPage(page) {
        left.signal.throwIfAborted();
        await store.applyPage(page);
        const isOfIt = page.virtualShard === virtualShard && page.changes.length > 0;
        if (isOfIt && page.nextPageToken !== null) left.abort();
      },
    };
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const syncer = createSyncer({ client, store: leaving, holder: "leaving" });
    await syncer.run({ signal: left.signal, untilSynced: true });

    await sync(devnet, store);

    expect(await differences(devnet, store)).toEqual([]);
    const shards = await Promise.all([1, 2].map((shardId) => store.listPartitions(shardId)));
    const relisted = shards.flat().filter(({ isRelisted }) => isRelisted);
    expect(relisted.map((partition) => partition.virtualShard)).toEqual([virtualShard]);
  });
});

describe("a snapshot of which no page can be served", () => {
  it("is replaced by calls, and what no call brings is on record", async () => {
    devnet = await startDevnet({ users: 20, messages: 800 });
    const message = "Failed to get transactions: Invalid message type for FID 1: KeyAdd";
    devnet.setFaults({ rpcErrors: [{ method: "GetShardTransactions", code: 13, message }] });
    const store = newStore();
    await sync(devnet, store);

    const missing = await differences(devnet, store);
    // Proofs of names come without their messages, and channel messages not at all.
    const types = [12, 18, 19, 20, 21].map((type) => `message type ${type}`);
    expect(missing.filter(({ kind }) => !types.includes(kind))).toEqual([]);
    expect(missing.flatMap(({ extra }) => extra)).toEqual([]);
    const shards = await store.listShards();
    const errorCount = shards.reduce((sum, shard) => sum + shard.errorCount, 0);
    const fids = new Set(missing.flatMap((each) => each.missing.map((key) => key.split(" ")[0])));
    expect(errorCount).toBe(fids.size);
  });
});

describe("events", () => {
  it("are found again whatever the live stream does to them", async () => {
    devnet = await startDevnet({ users: 20, messages: 500, blockMs: 30, trafficPerBlock: 30 });
    const store = newStore();
    devnet.setFaults({
      drop: { chance: 0.1 },
      duplicate: { chance: 0.2 },
      reorder: { chance: 0.2 },
      ringLoss: { chance: 0.01, events: 60 },
      replayGap: { events: 20 },
      endStream: { chance: 0.002, method: "Subscribe" },
      failStream: { chance: 0.002, method: "Subscribe", code: 14 },
    });
    const stop = new AbortController();
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const syncer = createSyncer({ client, store, holder: "a test", syncIntervalMs: 20 });
    const following = syncer.run({ signal: stop.signal });
    await expect
      .poll(() => devnet.faultCounts().get("drop") ?? 0, { timeout: 30_000 })
      .toBeGreaterThan(50);
    devnet.pause();
    devnet.setFaults({});
    await devnet.produceBlock();
    stop.abort();
    await following;
    await sync(devnet, store);

    expect(await differences(devnet, store)).toEqual([]);
  });

  describe("and that is read by itself", () => {
    /** No page is served that has the account before the largest one of a virtual shard. */
    async function startWithoutItsPages(): Promise<number> {
      devnet = await startDevnet({ users: 10, messages: 20_000 });
      const largest = largestAccount(devnet);
      const virtualShard = virtualShardOf(largest);
      const shardId = homeShardOf(largest, 2);
      let before = 1n;
      const isBeside = (fid: bigint) =>
        virtualShardOf(fid) === virtualShard && homeShardOf(fid, 2) === shardId;
      while (!isBeside(before)) before += 1n;
      expect(before).toBeLessThan(largest);
      devnet.submit(...register(before, createSigner("the account before")));
      await devnet.produceBlock();
      // So that the next block's is the one to be mirrored.
      devnet.dropSnapshots();
      await devnet.produceBlock();
      devnet.setFaults({ unpageable: { virtualShards: [virtualShard] } });
      return virtualShard;
    }

    /** Watches what is written of one partition behind the marks of an account. */
    function watch(store: Store, virtualShard: number, onStep: () => void = () => undefined) {
      const steps: { readonly token: string | null; readonly size: number }[] = [];
      const watched: Store = {
        ...store,
        async applyPage(page) {
          await store.applyPage(page);
          if (page.virtualShard !== virtualShard || page.changes.length === 0) return;
          steps.push({ token: page.nextPageToken, size: page.changes.length });
          onStep();
        },
      };
      return { steps, watched };
    }

    it("is written as its pages come, and proved with the last of them", async () => {
      const virtualShard = await startWithoutItsPages();
      const store = newStore();
      const { steps, watched } = watch(store, virtualShard);

      await sync(devnet, watched);

      expect(await differences(devnet, store)).toEqual([]);
      expect(Math.max(...steps.map(({ size }) => size))).toBeLessThanOrEqual(1000);
      const marks = steps.filter(({ token }) => /^accounts-from:[0-9]+[/]/.test(token ?? ""));
      expect(marks.length).toBeGreaterThan(2);
      const shards = await store.listShards();
      expect(shards.map(({ shardId, proof }) => [shardId, proof?.status])).toEqual([
        [0, undefined],
        [1, "proved"],
        [2, "proved"],
      ]);
    });

    it("is read on where another process has left it", async () => {
      const virtualShard = await startWithoutItsPages();
      const store = newStore();
      const left = new AbortController();
      const { steps, watched } = watch(store, virtualShard, () => {
        if (/^accounts-from:[0-9]+[/]/.test(steps.at(-1)?.token ?? "")) left.abort();
      });
      await using client = createNodeClient({ endpoint: devnet.endpoint });
      await createSyncer({ client, store: watched, holder: "leaving" }).run({
        signal: left.signal,
        untilSynced: true,
      });
      const written = steps.reduce((sum, { size }) => sum + size, 0);

      const next = watch(store, virtualShard);
      await sync(devnet, next.watched);

      expect(await differences(devnet, store)).toEqual([]);
      const again = next.steps.reduce((sum, { size }) => sum + size, 0);
      const whole = (await store.listPartitions(homeShardOf(largestAccount(devnet), 2))).find(
        (each) => each.virtualShard === virtualShard,
      );
      expect(whole).toMatchObject({ isRelisted: false, messageCount: BigInt(written + again) });
    });
  });
});

describe("accounts that a node fails on time after time", () => {
  /** Answers calls with what no version knows, as a node that has a broken entry may. */
  function failing(...methods: readonly RpcMethod[]): FaultPlan {
    const message = "a failure that is in no list";
    return { rpcErrors: methods.map((method) => ({ method, code: 13, message })) };
  }

  /** Mirrors a small network without proving rows, which would ask the node for the same again. */
  async function mirror(faults: FaultPlan) {
    // Every try is made at once.
    vi.spyOn(Math, "random").mockReturnValue(0);
    devnet = await startDevnet({ users: 10, messages: 1500, faults });
    const store = newStore();
    const codes = new Map<string, number>();
    const recordFault: Store["recordFault"] = async (fault) => {
      if (!fault.isRetried) codes.set(fault.code, (codes.get(fault.code) ?? 0) + 1);
      await store.recordFault(fault);
    };
    await sync(devnet, { ...store, recordFault }, { proofInterval: 0, lanes: 512 });
    return { store, codes };
  }

  it("are read by calls where no page of theirs comes, and what no call brings is on record", async () => {
    const { store, codes } = await mirror(failing("GetShardTransactions"));

    const wrong = await differences(devnet, store);
    expect(wrong.flatMap(({ extra }) => extra)).toEqual([]);
    expect(codes.get("unreadable_account")).toBeGreaterThan(0);
    expect(wrong.map(({ kind }) => kind).filter((kind) => !OF_NO_CALL.has(kind))).toEqual([]);
  });

  it("are read part by part where the node's trie says nothing of them", async () => {
    const { store } = await mirror({
      ...failing("GetTrieMetadataByPrefix"),
      unpageable: {},
    });

    expect(await differences(devnet, store)).toEqual([]);
  });

  it("go without their names, which is on record", async () => {
    const { store, codes } = await mirror(failing("GetUserNameProofsByFid"));

    // What pages do not list, none but that call brings (docs/protocol.md 2.4).
    const wrong = await differences(devnet, store);
    expect(wrong.map(({ kind, extra }) => [kind, extra])).toEqual([["fnames", []]]);
    expect(codes).toEqual(new Map([["unreadable_names", expect.any(Number)]]));
  });
});
