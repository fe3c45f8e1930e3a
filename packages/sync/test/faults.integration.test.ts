// What a node does wrong, and what the mirror must not take from it.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, FaultPlan } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { virtualShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import type { SyncerOptions } from "../src/index.ts";
import { createSyncer } from "../src/index.ts";
import { differences, newStore, startDevnet, sync } from "./support/mirrors.ts";

let devnet: Devnet;

afterEach(() => devnet.stop());

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
    const wrong = (await differences(devnet, store)).flatMap(({ missing, extra }) => [
      ...missing,
      ...extra,
    ]);
    const hashes = wrong.map((key) => key.split(" ").at(-1));
    expect(hashes.length).toBeGreaterThan(5);
    expect(hashes.filter((hash) => !corrupted.has(hash ?? ""))).toEqual([]);
    expect(hashes.filter((hash) => !quarantined.has(hash ?? ""))).toEqual([]);
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
});
