// Accounts that look different because a shard is behind, and those that are.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet, DevnetOptions } from "@snaprag/devnet";
import { MessageType, narrowMessage } from "@snaprag/proto";
import type { MemoryStore } from "@snaprag/storage";
import { homeShardOf } from "@snaprag/verify";
import { afterEach, describe, expect, it } from "vitest";
import { createNodeReading } from "../../../../src/proof/node/create-node-reading.ts";
import type { Patience } from "../../../../src/proof/rows/suspects/confirm-differences.ts";
import { confirmDifferences } from "../../../../src/proof/rows/suspects/confirm-differences.ts";
import { newStore, startDevnet, sync } from "../../../support/mirrors.ts";

const KEY_TYPES: readonly number[] = [MessageType.KEY_ADD, MessageType.KEY_REMOVE];

let devnet: Devnet;
let client: NodeClient;

afterEach(async () => {
  await client.close();
  await devnet.stop();
});

async function start(options: DevnetOptions = {}): Promise<MemoryStore> {
  devnet = await startDevnet({ users: 60, messages: 900, gaslessKeys: true, ...options });
  client = createNodeClient({ endpoint: devnet.endpoint });
  const store = newStore();
  await sync(devnet, store);
  return store;
}

/** Gasless keys of the network, and their removals, as `hash` to account. */
function keysOfNetwork(): ReadonlyMap<string, { readonly fid: bigint; readonly shardId: number }> {
  const keys = new Map<string, { fid: bigint; shardId: number }>();
  for (const entry of devnet.listLive()) {
    if (entry.kind !== "message" || !KEY_TYPES.includes(entry.messageType)) continue;
    const { fid, homeShardId: shardId } = entry;
    keys.set(Buffer.from(entry.hash).toString("hex"), { fid, shardId });
  }
  return keys;
}

/** Makes blocks until some account has another gasless key; returns that account. */
async function addKey() {
  const before = keysOfNetwork();
  while (true) {
    await devnet.produceBlock();
    const added = [...keysOfNetwork()].find(([hash]) => !before.has(hash));
    if (added) return added[1];
  }
}

/** Makes blocks until shard 0 tells of another key, which no data shard has yet. */
async function tellOfKey() {
  const newest = () => devnet.heights().get(0) ?? 0n;
  while (true) {
    const startBlock = newest() + 1n;
    await devnet.produceBlock();
    for await (const { events } of client.readBlocks({ startBlock })) {
      for (const { data } of events) {
        const body = data?.body;
        const message = body?.$case === "mergeMessageEventBody" ? body.value.message : undefined;
        const typed = message && narrowMessage(message);
        if (typed?.type === "keyAdd") return typed.fid;
      }
    }
  }
}

const NOTHING = { differences: [], pending: [], withoutKeys: [] };

let snapshotListings: number;

/** The client, which counts how often the history of all keys is begun to be read. */
function countingSnapshots(): NodeClient {
  snapshotListings = 0;
  return {
    ...client,
    listSnapshots(...call) {
      snapshotListings += 1;
      return client.listSnapshots(...call);
    },
  };
}

async function confirm(
  store: MemoryStore,
  { fid, shardId }: { readonly fid: bigint; readonly shardId: number },
  patience: Patience,
) {
  const reading = await createNodeReading({ client: countingSnapshots(), store });
  return confirmDifferences(reading, {
    ...{ store, shardId, fids: [fid], hasSignatures: false, patience },
  });
}

describe("confirmDifferences()", () => {
  it("waits for a key that shard 0 has told the account's shard of, and not yet the store", async () => {
    const store = await start();
    const account = await addKey();
    await sync(devnet, store, { shardIds: [1, 2] });

    const early = await confirm(store, account, "once");
    await sync(devnet, store);
    const late = await confirm(store, account, "once");

    expect(early).toEqual({ ...NOTHING, pending: [account.fid] });
    expect(late).toEqual(NOTHING);
  });

  it("waits for a key that shard 0 has told the store of, and not yet the account's shard", async () => {
    const store = await start({ replayDelayBlocks: 5 });
    const fid = await tellOfKey();
    const account = { fid, shardId: homeShardOf(fid, 2) };
    await sync(devnet, store);

    const early = await confirm(store, account, "once");
    expect(snapshotListings).toBe(0);
    await devnet.produceBlock(5);
    await sync(devnet, store);
    const late = await confirm(store, account, "once");

    expect(early).toEqual({ ...NOTHING, pending: [fid] });
    expect(late).toEqual(NOTHING);
  });

  it("decides nothing that has not stayed, when it is to look briefly", async () => {
    const store = await start({ replayDelayBlocks: 1_000 });
    const fid = await tellOfKey();
    await sync(devnet, store);

    const found = await confirm(store, { fid, shardId: homeShardOf(fid, 2) }, "briefly");

    expect(found).toEqual({ ...NOTHING, pending: [fid] });
  });

  it("decides in the end about a key that the account's shard does not come to have", async () => {
    const store = await start({ replayDelayBlocks: 1_000 });
    const fid = await tellOfKey();
    await sync(devnet, store);

    const found = await confirm(store, { fid, shardId: homeShardOf(fid, 2) }, "to the end");

    expect(found.pending).toEqual([]);
    expect(found.differences).toMatchObject([{ fid, missing: [], missingKeys: [] }]);
    expect(found.differences[0]?.extra.map(({ source }) => source?.table)).toEqual(["signer_keys"]);
  });
});
