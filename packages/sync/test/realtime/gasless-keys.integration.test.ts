// Blocks with gasless keys as they are followed: their events have no ids, so that nothing tells of
// which block they are.
import { createNodeClient } from "@snaprag/client";
import type { Devnet, FaultPlan, Submission } from "@snaprag/devnet";
import { createSigner } from "@snaprag/devnet";
import type { MemoryStore } from "@snaprag/storage";
import { homeShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { createSyncer } from "../../src/index.ts";
import { cast, findFid, register } from "../support/accounts.ts";
import { addKey } from "../support/gasless-keys.ts";
import { differences, newStore, startDevnet, sync } from "../support/mirrors.ts";

const SHARD_ID = 1;
const AUTHOR = {
  fid: findFid((fid) => homeShardOf(fid, 2) === SHARD_ID),
  signer: createSigner("an author"),
};

let devnet: Devnet;

afterEach(() => devnet.stop());

function sayCast(text: string, timestamp: number): Submission {
  return cast(AUTHOR, text, timestamp);
}

function sayKeyAdd(nonce: number): Submission {
  return { kind: "message", message: addKey({ fid: AUTHOR.fid, name: `key ${nonce}`, nonce }) };
}

async function startWithAuthor(): Promise<MemoryStore> {
  devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
  devnet.submit(...register(AUTHOR.fid, AUTHOR.signer));
  await devnet.produceBlock();
  return newStore();
}

/** Follows the author's shard live through blocks with faults, each made of some submissions. */
async function followThrough(
  store: MemoryStore,
  faults: FaultPlan,
  blocks: readonly (readonly Submission[])[],
): Promise<void> {
  const stop = new AbortController();
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const syncer = createSyncer({
    ...{ client, store, holder: "a test", syncIntervalMs: 20 },
    // Proofs would find what is missing, and have it repaired.
    ...{ shardIds: [0, SHARD_ID], proofInterval: 0 },
  });
  const following = syncer.run({ signal: stop.signal });
  const isAt = (height: bigint | undefined) => {
    const shard = syncer.progress().find(({ shardId }) => shardId === SHARD_ID);
    return shard?.phase === "realtime" && shard.blockNumber === height;
  };
  const isFollowed = () => isAt(devnet.heights().get(SHARD_ID));
  // The first block may be one that was stored already; the next comes by the live stream.
  for (let count = 0; count < 2; count++) {
    await expect.poll(isFollowed, { timeout: 30_000 }).toBe(true);
    await devnet.produceBlock();
  }
  await expect.poll(isFollowed, { timeout: 30_000 }).toBe(true);
  devnet.setFaults(faults);
  for (const submissions of blocks) {
    devnet.submit(...submissions);
    await devnet.produceBlock();
  }
  await expect.poll(isFollowed, { timeout: 30_000 }).toBe(true);
  devnet.setFaults({});
  stop.abort();
  await following;
  // The other shard as well.
  await sync(devnet, store, { proofInterval: 0 });
}

describe("a block with gasless keys", () => {
  it("leaves no event out when its key comes where the end of another block was lost", async () => {
    const store = await startWithAuthor();
    // What is lost: the second cast, and the confirmation of the block with the key.
    const faults = { ringLoss: { events: 2, after: 2, times: 1 } };

    await followThrough(store, faults, [[sayCast("a", 1), sayCast("b", 2)], [sayKeyAdd(1)], []]);

    expect(devnet.faultCounts().get("ringLoss")).toBe(1);
    expect(await differences(devnet, store)).toEqual([]);
    expect((await store.countRows()).get("casts")?.live).toBe(2);
  });

  it("leaves no event out when its keys come twice", async () => {
    const store = await startWithAuthor();

    await followThrough(store, { duplicate: {} }, [[sayKeyAdd(1), sayCast("a", 1)], []]);

    expect(devnet.faultCounts().get("duplicate")).toBeGreaterThan(3);
    expect(await differences(devnet, store)).toEqual([]);
    expect((await store.countRows()).get("casts")?.live).toBe(1);
  });

  it("is applied once the next block has begun, and at once when it is the newest stored", async () => {
    const store = await startWithAuthor();
    await followThrough(store, {}, [[sayKeyAdd(1)], []]);
    devnet.submit(sayKeyAdd(2), sayCast("a", 1));
    await devnet.produceBlock();

    await sync(devnet, store, { proofInterval: 0 });

    expect(await differences(devnet, store)).toEqual([]);
    const heights = (await store.listShards()).map((each) => [each.shardId, each.blockNumber]);
    expect(new Map(heights as [number, bigint][])).toEqual(devnet.heights());
    expect((await store.countRows()).get("signer_keys")?.live).toBe(2);
  });
});
