// ReplicationService over real gRPC: docs/protocol.md 2.
import { status } from "@grpc/grpc-js";
import { hashedBytes, MessageType, ShardHeader } from "@snaprag/proto";
import { createTrieHasher, loadBlake3, readTrieKeyHead, virtualShardOf } from "@snaprag/verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { encodePageToken } from "../../src/trie/page-token.ts";
import { nibblesOf, toHex } from "../support/bytes.ts";
import { downloadVirtualShard, homeKeysOf } from "../support/mirror.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect, failureOf } from "../support/rpc-client.ts";

const blake3 = await loadBlake3();
const SHARDS = [1, 2] as const;

async function start(options: Parameters<typeof createDevnet>[0]): Promise<[Devnet, RpcClient]> {
  const devnet = createDevnet({ blockMs: 0, ...options });
  await devnet.start();
  return [devnet, connect(devnet.port)];
}

async function newestSnapshot(client: RpcClient, shardId: number) {
  const { snapshots } = await client.replication.getShardSnapshotMetadata({ shardId });
  return snapshots.reduce((best, next) => (next.height > best.height ? next : best));
}

describe("a network without gasless keys", () => {
  let devnet: Devnet;
  let client: RpcClient;

  beforeAll(async () => {
    [devnet, client] = await start({ messages: 6000, users: 60, gaslessKeys: false });
  });
  afterAll(async () => {
    client.close();
    await devnet.stop();
  });

  it("serves pages whose keys add up to the root that the validators signed", async () => {
    for (const shardId of SHARDS) {
      const snapshot = await newestSnapshot(client, shardId);
      const { height, shardChunk, numItems } = snapshot;
      const hasher = createTrieHasher({ blake3 });
      let count = 0n;
      for (let trieVirtualShard = 0; trieVirtualShard < 256; trieVirtualShard++) {
        const request = { shardId, height, trieVirtualShard };
        const { entries, failure } = await downloadVirtualShard(client, request);
        expect(failure).toBeUndefined();
        for (const { trieKey } of entries) {
          expect(readTrieKeyHead(trieKey).virtualShard).toBe(trieVirtualShard);
          hasher.add(trieKey);
          count++;
        }
      }

      expect(count).toBe(numItems);
      expect(height).toBe(devnet.heights().get(shardId));
      expect(hasher.finish().root).toEqual(shardChunk?.header?.shardRoot);
      expect(shardChunk?.hash).toEqual(
        blake3.hash32(ShardHeader.encode(shardChunk!.header!).finish()),
      );
    }
  });

  it("serves everything that is live on its home shard", async () => {
    for (const shardId of SHARDS) {
      const { height } = await newestSnapshot(client, shardId);
      const served = new Set<string>();
      for (let trieVirtualShard = 0; trieVirtualShard < 256; trieVirtualShard++) {
        const request = { shardId, height, trieVirtualShard };
        const { entries } = await downloadVirtualShard(client, request);
        for (const { trieKey } of entries) served.add(toHex(trieKey));
      }
      const missing = [...homeKeysOf(devnet.listLive(), shardId)].filter((key) => !served.has(key));

      // Names that the same fid proved again are gone from the trie, and from nowhere else.
      expect(missing.every((key) => key.slice(10, 12) === "07")).toBe(true);
      expect(missing.length).toBeLessThan(5);
    }
  });

  it("describes whole accounts on every page that touches them", async () => {
    const whale = [...devnet.listLive()].reduce((counts, entry) => {
      if (entry.kind === "message") counts.set(entry.fid, (counts.get(entry.fid) ?? 0) + 1);
      return counts;
    }, new Map<bigint, number>());
    const [fid] = [...whale].sort((a, b) => b[1] - a[1])[0]!;
    const shardId = [...devnet.listLive()].find(
      (entry) => entry.kind === "message" && entry.fid === fid,
    )!.homeShardId;
    const { height } = await newestSnapshot(client, shardId);
    const request = { shardId, height, trieVirtualShard: virtualShardOf(fid) };
    const { pages } = await downloadVirtualShard(client, request);

    const accounts = new Map<bigint, Uint8Array[]>();
    for (const { trieKey } of pages.flatMap(({ trieMessages }) => trieMessages)) {
      const { fid: owner } = readTrieKeyHead(trieKey);
      accounts.set(owner, [...(accounts.get(owner) ?? []), trieKey]);
    }
    const roots = new Map<bigint, string>();
    const hasher = createTrieHasher({
      blake3,
      onAccountRoot: ({ fid: owner, root, leafCount }) =>
        roots.set(owner, `${toHex(root)} ${leafCount}`),
    });
    for (const keys of accounts.values()) for (const key of keys) hasher.add(key);
    hasher.finish();

    for (const page of pages) {
      const touched = new Set(page.trieMessages.map(({ trieKey }) => readTrieKeyHead(trieKey).fid));
      expect(new Set(page.fidAccountRoots.map((root) => root.fid))).toEqual(touched);
      for (const root of page.fidAccountRoots) {
        const described = `${toHex(root.accountRootHash)} ${root.numMessages}`;
        expect(described).toBe(roots.get(root.fid));
      }
    }
    expect(
      pages.filter((page) => page.fidAccountRoots.some((root) => root.fid === fid)).length,
    ).toBe(Math.ceil(pages.flatMap(({ trieMessages }) => trieMessages).length / 1000));
  });

  it("serves messages with hashes of their own bytes, half of them with data_bytes", async () => {
    const { height } = await newestSnapshot(client, 1);
    const messages = [];
    for (let trieVirtualShard = 0; trieVirtualShard < 64; trieVirtualShard++) {
      const { entries } = await downloadVirtualShard(client, {
        shardId: 1,
        height,
        trieVirtualShard,
      });
      for (const { trieMessage } of entries) {
        if (trieMessage?.$case === "userMessage") messages.push(trieMessage.value);
      }
    }

    for (const message of messages)
      expect(blake3.hash20(hashedBytes(message))).toEqual(message.hash);
    const share =
      messages.filter(({ dataBytes }) => dataBytes !== undefined).length / messages.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  it("walks one account, and only some of its types, by tokens made by hand", async () => {
    const entry = [...devnet.listLive()].find(
      (live) => live.kind === "message" && live.messageType === MessageType.REACTION_ADD,
    );
    const fid = entry?.kind === "message" ? entry.fid : 0n;
    const shardId = entry!.homeShardId;
    const { height } = await newestSnapshot(client, shardId);
    const fidBytes = Buffer.alloc(4);
    fidBytes.writeUInt32BE(Number(fid));
    const path = [...nibblesOf(fidBytes)];
    const request = { shardId, height, trieVirtualShard: virtualShardOf(fid) };
    const walk = (nibbles: number[]) => {
      const pending = [...new Array<number[]>(8).fill([]), nibbles];
      const pageToken = encodePageToken({ path, pending });
      return client.replication.getShardTransactions({ ...request, pageToken });
    };

    const page = await walk([1]);
    expect(page.trieMessages.length).toBeGreaterThan(0);
    for (const { trieKey } of page.trieMessages) {
      const head = readTrieKeyHead(trieKey);
      expect([head.fid, head.typeByte >> 4]).toEqual([fid, 1]);
    }
    expect(await failureOf(walk([15]))).toEqual({
      code: status.INTERNAL,
      details: expect.stringContaining("Node not found for the given prefix"),
    });
  });

  it.each([
    [
      "an unknown height",
      { shardId: 1, height: 9999n, trieVirtualShard: 0 },
      status.INTERNAL,
      "Failed to get transactions: Store not found for shard 1 and height 9999: No stores found for the given height and shard",
    ],
    [
      "shard 0",
      { shardId: 0, height: 1n, trieVirtualShard: 0 },
      status.INTERNAL,
      "Failed to get transactions: Store not found for shard 0 and height 1: No stores found for the given height and shard",
    ],
    [
      "a virtual shard out of range",
      { shardId: 1, height: 1n, trieVirtualShard: 256 },
      status.INVALID_ARGUMENT,
      "trie_virtual_shard 256 is out of range",
    ],
  ])("refuses %s", async (_, request, code, details) => {
    const call = client.replication.getShardTransactions(request);

    expect(await failureOf(call)).toEqual({ code, details });
  });

  it("refuses a token that is none", async () => {
    const { height } = await newestSnapshot(client, 1);
    const request = { shardId: 1, height, trieVirtualShard: 0, pageToken: "no token" };

    expect(await failureOf(client.replication.getShardTransactions(request))).toEqual({
      code: status.INTERNAL,
      details: expect.stringMatching(/^Failed to get transactions: Internal error: Trie error: /),
    });
  });

  it("names no block to stream shard 0 from", async () => {
    const { snapshots } = await client.replication.getShardSnapshotMetadata({ shardId: 0 });

    expect(snapshots).toMatchObject([
      {
        shardId: 0,
        height: 0n,
        timestamp: 0n,
        shardChunk: undefined,
        block: undefined,
        numItems: 0n,
      },
    ]);
  });
});

describe("gasless keys", () => {
  it("make their page fail, for ever, and leave most partitions alone", async () => {
    const [devnet, client] = await start({ messages: 2000, users: 120 });
    const gasless = [...devnet.listLive()].filter(
      (entry) => entry.kind === "message" && [16, 17].includes(entry.messageType),
    );
    const failures = new Map<string, string>();
    for (const shardId of SHARDS) {
      const { height } = await newestSnapshot(client, shardId);
      for (let trieVirtualShard = 0; trieVirtualShard < 256; trieVirtualShard++) {
        const request = { shardId, height, trieVirtualShard };
        const { failure } = await downloadVirtualShard(client, request);
        if (failure !== undefined) failures.set(`${shardId}/${trieVirtualShard}`, failure);
      }
    }

    const expected = gasless.map((entry) =>
      entry.kind === "message" ? `${entry.homeShardId}/${virtualShardOf(entry.fid)}` : "",
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(new Set(failures.keys())).toEqual(new Set(expected));
    expect(failures.size).toBeLessThan(10);
    for (const failure of failures.values()) {
      expect(failure).toMatch(
        /^Failed to get transactions: Invalid message: Invalid message type for FID \d+: Key(Add|Remove)$/,
      );
    }
    client.close();
    await devnet.stop();
  });
});

describe("snapshots", () => {
  it("come at multiples of the interval, stay as they were, and are listed out of order", async () => {
    const [devnet, client] = await start({ messages: 600, users: 20, snapshotIntervalBlocks: 10 });
    const first = await newestSnapshot(client, 1);
    await devnet.produceBlock(35);
    const { snapshots } = await client.replication.getShardSnapshotMetadata({ shardId: 1 });
    const heights = snapshots.map(({ height }) => height);

    expect(heights.length).toBeGreaterThanOrEqual(4);
    expect(
      heights.filter((height) => height !== first.height).every((height) => height % 10n === 0n),
    ).toBe(true);
    expect(heights).not.toEqual(heights.toSorted((a, b) => Number(a - b)));
    const again = snapshots.find(({ height }) => height === first.height);
    expect(again).toEqual(first);
    client.close();
    await devnet.stop();
  });

  it("are dropped with age, which shows as a store that is not found", async () => {
    const options = {
      messages: 600,
      users: 20,
      snapshotIntervalBlocks: 1000,
      snapshotMaxAgeMs: 5000,
    };
    const [devnet, client] = await start(options);
    const { height } = await newestSnapshot(client, 1);
    await devnet.produceBlock(5);
    expect((await newestSnapshot(client, 1)).height).toBe(height);
    await devnet.produceBlock(1);

    // The shard has none then, so the same commit takes a new one.
    expect((await newestSnapshot(client, 1)).height).toBe(height + 6n);
    const request = { shardId: 1, height, trieVirtualShard: 0 };
    expect(await failureOf(client.replication.getShardTransactions(request))).toMatchObject({
      code: status.INTERNAL,
      details: expect.stringContaining("Store not found"),
    });
    client.close();
    await devnet.stop();
  });

  it("can be dropped and taken by hand", async () => {
    const [devnet, client] = await start({ messages: 600, users: 20 });
    devnet.dropSnapshots();
    const list = () => client.replication.getShardSnapshotMetadata({ shardId: 1 });
    expect((await list()).snapshots).toEqual([]);

    devnet.takeSnapshot();
    expect((await list()).snapshots.map(({ height }) => height)).toEqual([devnet.heights().get(1)]);
    expect(await failureOf(client.replication.getShardSnapshotMetadata({ shardId: 7 }))).toEqual({
      code: status.INTERNAL,
      details: "Failed to get snapshot metadata: Shard store not found for shard 7",
    });
    client.close();
    await devnet.stop();
  });
});
