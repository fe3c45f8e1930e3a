// Faults of snapshots, over real gRPC: docs/protocol.md 2.
import { status } from "@grpc/grpc-js";
import { createTrieHasher, loadBlake3, readTrieKeyHead } from "@snaprag/verify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { encodePageToken } from "../../src/trie/page-token.ts";
import { nibblesOf, toHex } from "../support/bytes.ts";
import { downloadVirtualShard } from "../support/mirror.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect, failureOf } from "../support/rpc-client.ts";

const blake3 = await loadBlake3();
const VIRTUAL_SHARDS = Array.from({ length: 256 }, (_, index) => index);
const LOST =
  /^Failed to get transactions: Store not found for shard 1 and height \d+: No stores found for the given height and shard$/;

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 3000, users: 60, gaslessKeys: false });
  await devnet.start();
  client = connect(devnet.port);
});
afterEach(() => {
  devnet.setFaults({});
  devnet.dropSnapshots();
});
afterAll(async () => {
  client.close();
  await devnet.stop();
});

async function listSnapshots(shardId: number) {
  return (await client.replication.getShardSnapshotMetadata({ shardId })).snapshots;
}

async function takeSnapshot(): Promise<bigint> {
  devnet.takeSnapshot();
  return (await listSnapshots(1))[0]!.height;
}

/** The root of what a snapshot of shard 1 holds. */
async function rootOf(height: bigint): Promise<string> {
  const hasher = createTrieHasher({ blake3 });
  for (const trieVirtualShard of VIRTUAL_SHARDS) {
    const request = { shardId: 1, height, trieVirtualShard };
    const { entries } = await downloadVirtualShard(client, request);
    for (const { trieKey } of entries) hasher.add(trieKey);
  }
  return toHex(hasher.finish().root);
}

async function shardRootAt(height: bigint): Promise<string> {
  const request = { shardId: 1, startBlockNumber: height, stopBlockNumber: height + 1n };
  const { shardChunks } = await client.hub.getShardChunks(request);
  return toHex(shardChunks[0]!.header!.shardRoot);
}

/** Virtual shards of shard 1 that hold something, and how the failing ones of them fail. */
async function readAll(height: bigint) {
  const filled: number[] = [];
  const failures = new Map<number, string>();
  for (const trieVirtualShard of VIRTUAL_SHARDS) {
    const request = { shardId: 1, height, trieVirtualShard };
    const { entries, failure } = await downloadVirtualShard(client, request);
    if (entries.length > 0 || failure !== undefined) filled.push(trieVirtualShard);
    if (failure !== undefined) failures.set(trieVirtualShard, failure);
  }
  return { filled, failures };
}

describe("unpageable", () => {
  it("makes named virtual shards fail for ever, in the words of a node", async () => {
    const height = await takeSnapshot();
    const { filled } = await readAll(height);
    const struck = filled.filter((_, index) => index % 7 === 0);
    const empty = VIRTUAL_SHARDS.find((virtualShard) => !filled.includes(virtualShard))!;
    devnet.setFaults({ unpageable: { virtualShards: [...struck, empty], shardId: 1 } });
    const { failures } = await readAll(height);

    expect([...failures.keys()]).toEqual(struck);
    for (const [virtualShard, failure] of failures) {
      const [, fid] =
        /^Failed to get transactions: Invalid message: Invalid message type for FID (\d+): KeyAdd$/.exec(
          failure,
        ) ?? [];
      const { fids } = await client.hub.getFids({ shardId: 1 });
      const others = (await client.hub.getFids({ shardId: 2 })).fids;
      expect([...fids, ...others]).toContain(BigInt(fid!));
      const request = { shardId: 1, height, trieVirtualShard: virtualShard };
      expect(await failureOf(client.replication.getShardTransactions(request))).toEqual({
        code: status.INTERNAL,
        details: failure,
      });
    }
    expect(devnet.faultCounts().get("unpageable")).toBe(2 * struck.length);
    // A newer snapshot is no way out, and the other shard is not concerned.
    await devnet.produceBlock();
    const next = await takeSnapshot();
    expect([...(await readAll(next)).failures.keys()]).toEqual(struck);
    const other = { shardId: 2, height: (await listSnapshots(2))[0]!.height };
    for (const trieVirtualShard of struck) {
      const { failure } = await downloadVirtualShard(client, { ...other, trieVirtualShard });
      expect(failure).toBeUndefined();
    }
  });

  it("leaves accounts and their roots as they are, for tokens made by hand", async () => {
    const height = await takeSnapshot();
    const { filled } = await readAll(height);
    const request = { shardId: 1, height, trieVirtualShard: filled[0]! };
    const { entries, pages } = await downloadVirtualShard(client, request);
    const head = readTrieKeyHead(entries[0]!.trieKey);
    const account = entries.filter(({ trieKey }) => readTrieKeyHead(trieKey).fid === head.fid);
    const types = new Set(account.map(({ trieKey }) => trieKey[5]! >> 4));
    devnet.setFaults({ unpageable: {} });
    expect((await downloadVirtualShard(client, request)).failure).toContain(`FID ${head.fid}:`);

    // All of the first account but what stands where the key seems to (docs/protocol.md 2.5).
    const path = [...nibblesOf(entries[0]!.trieKey.subarray(1, 5))];
    const pending = [...new Array<number[]>(8).fill([]), [...types].sort((a, b) => b - a)];
    const pageToken = encodePageToken({ path, pending });
    const page = await client.replication.getShardTransactions({ ...request, pageToken });
    const trimmed = page.trieMessages.filter(
      ({ trieKey }) => readTrieKeyHead(trieKey).fid === head.fid,
    );
    expect(trimmed).toEqual(account);
    expect(page.fidAccountRoots).toEqual(
      pages[0]!.fidAccountRoots.filter(({ fid }) => fid === head.fid),
    );
  });

  it("strikes a share of the virtual shards, the same whenever it is read", async () => {
    const height = await takeSnapshot();
    devnet.setFaults({ unpageable: { chance: 0.3 } });
    const { filled, failures } = await readAll(height);

    expect(failures.size).toBeGreaterThan(0);
    expect(failures.size).toBeLessThan(filled.length);
    expect((await readAll(height)).failures).toEqual(failures);
  });
});

describe("loseSnapshot", () => {
  it("drops the snapshot that is being read, and a block brings the next", async () => {
    const height = await takeSnapshot();
    devnet.setFaults({ loseSnapshot: { after: 2, times: 1 } });
    const read = (trieVirtualShard: number) =>
      client.replication.getShardTransactions({ shardId: 1, height, trieVirtualShard });
    await read(0);
    await read(1);

    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await failureOf(read(2))).toEqual({
        code: status.INTERNAL,
        details: expect.stringMatching(LOST),
      });
    }
    expect(await listSnapshots(1)).toEqual([]);
    expect(await listSnapshots(2)).toHaveLength(1);
    await devnet.produceBlock();
    expect((await listSnapshots(1)).map((snapshot) => snapshot.height)).toEqual([height + 1n]);
    expect(devnet.faultCounts().get("loseSnapshot")).toBe(1);
  });
});

describe("labelLate", () => {
  it("serves the content of a later block under the label of an earlier one", async () => {
    const tip = devnet.heights().get(1)!;
    await devnet.produceBlock(5);
    devnet.setFaults({ labelLate: { blocks: 3 } });
    devnet.dropSnapshots();
    const height = await takeSnapshot();
    const root = await rootOf(height);

    expect(height).toBe(tip + 2n);
    const [metadata] = await listSnapshots(1);
    expect(toHex(metadata!.shardChunk!.header!.shardRoot)).toBe(await shardRootAt(height));
    expect(metadata!.timestamp).toBe(metadata!.shardChunk!.header!.timestamp);
    expect(root).not.toBe(await shardRootAt(height));
    expect(root).toBe(await shardRootAt(tip + 5n));
    // One of each shard.
    expect(devnet.faultCounts().get("labelLate")).toBe(2);
  });
});

describe("unorderedSnapshots", () => {
  it("lists snapshots in another order each time", async () => {
    devnet.dropSnapshots();
    for (let taken = 0; taken < 6; taken++) {
      await devnet.produceBlock();
      devnet.takeSnapshot();
    }
    const heights = async () => (await listSnapshots(1)).map(({ height }) => height);
    const usual = await heights();
    expect(await heights()).toEqual(usual);
    devnet.setFaults({ unorderedSnapshots: {} });
    const orders = [await heights(), await heights(), await heights()];

    expect(new Set(orders.map(String)).size).toBe(3);
    const ascending = (list: bigint[]) => list.toSorted((a, b) => Number(a - b));
    for (const order of orders) expect(ascending(order)).toEqual(ascending(usual));
  });
});
