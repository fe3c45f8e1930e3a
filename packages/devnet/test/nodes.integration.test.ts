// Nodes that restart, forget and differ: docs/protocol.md 1.1, 1.4, 2.2.
import { status } from "@grpc/grpc-js";
import type { HubEvent } from "@snaprag/proto";
import { HubEvent as HubEventCodec, HubEventType } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import type { Devnet, DevnetOptions } from "../src/index.ts";
import { createDevnet } from "../src/index.ts";
import { toHex } from "./support/bytes.ts";
import { collect } from "./support/collect.ts";
import { blocksOf, readAllEvents } from "./support/mirror.ts";
import type { RpcClient } from "./support/rpc-client.ts";
import { connect, failureOf } from "./support/rpc-client.ts";

/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };
const SHARDS = [1, 2] as const;
const ALL_TYPES = [1, 2, 3, 6, 9, 10, 11, 12] as const;

async function withDevnet(
  options: DevnetOptions,
  use: (devnet: Devnet, client: RpcClient) => Promise<void>,
): Promise<void> {
  await using devnet = createDevnet({ blockMs: 0, messages: 600, users: 20, ...options });
  await devnet.start();
  const client = connect(devnet.port);
  try {
    await use(devnet, client);
  } finally {
    client.close();
  }
}

/** An event as it is, wherever it stands. */
function contentOf(event: HubEvent): string {
  return toHex(HubEventCodec.encode({ ...event, id: 0n }).finish());
}

describe("restart()", () => {
  it("cuts streams, loses snapshots, and listens on the same port", async () => {
    await withDevnet({}, async (devnet, client) => {
      const { port, endpoint } = devnet;
      const stream = client.hub.subscribe({ eventTypes: [11], shardIndex: 1 });
      const { accepted, endedWith } = collect(stream);
      await accepted;
      const heights = devnet.heights();
      await devnet.restart();
      await expect.poll(endedWith, PATIENT).toBeGreaterThan(0);

      expect([devnet.port, devnet.endpoint]).toEqual([port, endpoint]);
      expect(devnet.heights()).toEqual(heights);
      const back = connect(port);
      const metadata = () => back.replication.getShardSnapshotMetadata({ shardId: 1 });
      expect(await failureOf(metadata())).toEqual({
        code: status.INTERNAL,
        details: "Failed to get snapshot metadata: Shard store not found for shard 1",
      });
      await devnet.produceBlock();
      expect((await metadata()).snapshots.map(({ height }) => height)).toEqual([
        heights.get(1)! + 1n,
      ]);
      const { events } = await back.hub.getEvents({ startId: 1n << 14n, shardIndex: 1 });
      expect(events[0]?.blockNumber).toBe(1n);
      back.close();
    });
  });

  it("comes back after the time that it is told", async () => {
    await withDevnet({}, async (devnet) => {
      const { port } = devnet;
      await devnet.restart({ downMs: 20 });
      const back = connect(port);

      expect((await back.hub.getInfo({})).numShards).toBe(2);
      back.close();
    });
  });

  it("leaves nobody listening until then; is cut short by stop(), and refused after it", async () => {
    const devnet = createDevnet({ blockMs: 0, messages: 0, users: 10 });
    await expect(devnet.restart()).rejects.toMatchObject({ code: "not_started" });
    await devnet.start();
    const { port } = devnet;
    await expect(devnet.restart({ downMs: -1 })).rejects.toThrow(TypeError);
    const expectNobody = async () => {
      const reader = connect(port);
      expect(await failureOf(reader.hub.getInfo({}))).toMatchObject({ code: status.UNAVAILABLE });
      reader.close();
    };
    const restarting = devnet.restart({ downMs: 10_000_000 });
    for (let attempt = 0; attempt < 5; attempt++) await expectNobody();
    await devnet.stop();
    await restarting;

    await expectNobody();
    await expect(devnet.restart()).rejects.toMatchObject({ code: "stopped" });
  });
});

describe("pruneEvents()", () => {
  it("drops the events of earlier blocks, and leftovers with them", async () => {
    await withDevnet({}, async (devnet, client) => {
      const firstBlock = async (shardIndex: number) =>
        (await client.hub.getEvents({ startId: 0n, shardIndex, pageSize: 1 })).events[0]
          ?.blockNumber;
      const heights = devnet.heights();
      expect(await firstBlock(1)).toBe(0n);
      devnet.pruneEvents(9n, 1);
      expect([await firstBlock(1), await firstBlock(2)]).toEqual([9n, 0n]);

      // Leftovers are older than any block.
      devnet.pruneEvents(1n, 2);
      expect(await firstBlock(2)).toBe(1n);
      devnet.pruneEvents(7n);
      expect([await firstBlock(1), await firstBlock(2)]).toEqual([9n, 7n]);
      devnet.pruneEvents();
      for (const shardId of SHARDS) expect(await firstBlock(shardId)).toBe(heights.get(shardId));
      devnet.pruneEvents(1_000_000n);
      await devnet.produceBlock();
      const logged = await client.hub.getEvents({ startId: 0n, shardIndex: 1 });
      expect(new Set(logged.events.map(({ blockNumber }) => blockNumber))).toEqual(
        new Set([heights.get(1)!, heights.get(1)! + 1n]),
      );
    });
  });
});

describe("pruneChunks()", () => {
  it("drops the chunks of earlier blocks, of one node", async () => {
    await withDevnet({}, async (devnet, client) => {
      const chunksOf = async (shardId: number) => {
        const { shardChunks } = await client.hub.getShardChunks({ shardId, startBlockNumber: 1n });
        return shardChunks.map(({ header }) => header?.height?.blockNumber);
      };
      const heightOf = (shardId: number) => devnet.heights().get(shardId) ?? 0n;
      const all = Array.from({ length: Number(heightOf(1)) }, (_, index) => BigInt(index + 1));
      expect(await chunksOf(1)).toEqual(all);
      devnet.pruneChunks(4n, 1);
      devnet.pruneChunks(2n, 1);
      expect(await chunksOf(1)).toEqual(all.slice(3));
      expect((await chunksOf(2))[0]).toBe(1n);
      devnet.pruneChunks(1_000_000n, 2);
      devnet.pruneChunks(undefined, 1);
      for (const shardId of SHARDS) expect(await chunksOf(shardId)).toEqual([heightOf(shardId)]);

      await devnet.produceBlock();

      for (const shardId of SHARDS) {
        const newest = heightOf(shardId);
        expect(await chunksOf(shardId)).toEqual([newest - 1n, newest]);
      }
      const node = await devnet.addNode();
      const other = connect(node.port);
      const { shardChunks } = await other.hub.getShardChunks({ shardId: 1, startBlockNumber: 1n });
      expect(shardChunks).toHaveLength(Number(heightOf(1)));
      other.close();
    });
  });
});

describe("addNode()", () => {
  it("serves the same blocks with the same events, some under other ids", async () => {
    await withDevnet({ messages: 6000, users: 40 }, async (devnet, client) => {
      const node = await devnet.addNode();
      const other = connect(node.port);
      await devnet.produceBlock(60);

      let movedCount = 0;
      for (const shardId of SHARDS) {
        const [blocks, others] = [
          blocksOf(await readAllEvents(client, shardId)),
          blocksOf(await readAllEvents(other, shardId)),
        ];
        expect(others).toHaveLength(blocks.length);
        for (const [index, block] of blocks.entries()) {
          const same = others[index]!;
          expect(same[0]).toEqual(block[0]);
          expect(same.map(({ id }) => id)).toEqual(block.map(({ id }) => id));
          expect(same.map(contentOf).sort()).toEqual(block.map(contentOf).sort());
          const moved = block.filter(
            (event, place) => contentOf(event) !== contentOf(same[place]!),
          );
          movedCount += moved.length;
          for (const { type } of moved) {
            expect([
              HubEventType.PRUNE_MESSAGE,
              HubEventType.REVOKE_MESSAGE,
              HubEventType.MERGE_USERNAME_PROOF,
            ]).toContain(type);
          }
        }
      }
      expect(movedCount).toBeGreaterThan(0);
      other.close();
    });
  });

  it("sends live what it stores, gasless keys aside", async () => {
    await withDevnet({}, async (devnet) => {
      const node = await devnet.addNode();
      const other = connect(node.port);
      const stream = other.hub.subscribe({ eventTypes: [...ALL_TYPES], shardIndex: 1 });
      const { items, accepted } = collect(stream);
      await accepted;
      const fromId = (devnet.heights().get(1)! + 1n) << 14n;
      await devnet.produceBlock(80);
      const stored = (await readAllEvents(other, 1)).filter(({ id }) => id >= fromId);
      const live = () => items.filter(({ id }) => id > 0n);
      await expect.poll(() => live().length, PATIENT).toBe(stored.length);

      expect(live()).toEqual(stored);
      for (const shardIndex of SHARDS) {
        const { events } = await other.hub.getEvents({ startId: 0n, shardIndex, pageSize: 50_000 });
        expect(events.filter(({ id }) => id === 0n)).toEqual([]);
      }
      stream.cancel();
      other.close();
    });
  });

  it("has snapshots, faults and a lifetime of its own", async () => {
    await withDevnet({}, async (devnet, client) => {
      const height = devnet.heights().get(1)!;
      await devnet.produceBlock(2);
      const node = await devnet.addNode({
        faults: { rpcErrors: [{ method: "GetInfo", code: status.UNAVAILABLE, times: 1 }] },
      });
      const other = connect(node.port);
      const heightsAt = async ({ replication }: RpcClient) =>
        (await replication.getShardSnapshotMetadata({ shardId: 1 })).snapshots.map(
          (snapshot) => snapshot.height,
        );

      expect([await heightsAt(client), await heightsAt(other)]).toEqual([[height], [height + 2n]]);
      expect(await failureOf(other.hub.getInfo({}))).toMatchObject({ code: status.UNAVAILABLE });
      expect(node.faultCounts()).toEqual(new Map([["rpcErrors", 1]]));
      expect(devnet.faultCounts()).toEqual(new Map());
      node.dropSnapshots();
      expect([await heightsAt(client), await heightsAt(other)]).toEqual([[height], []]);
      node.pruneEvents();
      const firstAt = async ({ hub }: RpcClient) =>
        (await hub.getEvents({ startId: 1n << 14n, shardIndex: 1 })).events[0]?.blockNumber;
      expect([await firstAt(client), await firstAt(other)]).toEqual([1n, height + 2n]);

      await node.stop();
      const { port } = node;
      const late = connect(port);
      // A client may find out by a call that is cut.
      const { code } = await failureOf(late.hub.getInfo({}));
      expect([status.UNAVAILABLE, status.CANCELLED]).toContain(code);
      expect((await client.hub.getInfo({})).numShards).toBe(2);
      await devnet.produceBlock();
      const again = await devnet.addNode({ port });
      expect(again.endpoint).toBe(`http://127.0.0.1:${port}`);
      late.close();
      other.close();
    });
  });

  it("needs a network that runs, and a port that is free", async () => {
    const devnet = createDevnet({ blockMs: 0, messages: 0, users: 10 });
    await expect(devnet.addNode()).rejects.toMatchObject({ code: "not_started" });
    await devnet.start();
    await expect(devnet.addNode({ port: -1 })).rejects.toThrow(TypeError);
    await expect(devnet.addNode({ faults: { drop: { chance: 2 } } })).rejects.toThrow(TypeError);
    await expect(devnet.addNode({ port: devnet.port })).rejects.toMatchObject({
      code: "listen_failed",
    });
    await devnet.produceBlock();
    await devnet.stop();

    await expect(devnet.addNode()).rejects.toMatchObject({ code: "stopped" });
  });
});
