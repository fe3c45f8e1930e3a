// Hub events over real gRPC: docs/protocol.md 1.
import { status } from "@grpc/grpc-js";
import type { HubEvent } from "@snaprag/proto";
import { HubEventType, MESSAGE_WIRE_TYPES, narrowMessage } from "@snaprag/proto";
import { createTrieHasher, loadBlake3 } from "@snaprag/verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { buildMessage, createDevnet } from "../../src/index.ts";
import { cast } from "../support/bodies.ts";
import { blocksOf, createMirror, homeKeysOf, readAllEvents } from "../support/mirror.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect, failureOf, failureOfStream } from "../support/rpc-client.ts";

const blake3 = await loadBlake3();
const SHARDS = [1, 2] as const;
const ALL_TYPES = [1, 2, 3, 6, 9, 10, 11, 12] as const;

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  devnet = createDevnet({
    blockMs: 0,
    messages: 4000,
    users: 60,
    gaslessKeys: false,
    eventRetentionMs: Number.POSITIVE_INFINITY,
  });
  await devnet.start();
  client = connect(devnet.port);
});
afterAll(async () => {
  client.close();
  await devnet.stop();
});

/** Collects a stream's events until it has enough of them. */
async function take(
  stream: ReturnType<RpcClient["hub"]["subscribe"]>,
  isEnough: (events: readonly HubEvent[]) => boolean,
): Promise<HubEvent[]> {
  const events: HubEvent[] = [];
  stream.on("error", () => {});
  for await (const event of stream) {
    events.push(event);
    if (isEnough(events)) break;
  }
  stream.cancel();
  return events;
}

function onChainTypeOf(body: HubEvent["body"]): readonly string[] {
  if (body?.$case !== "mergeOnChainEventBody") return [];
  const { type, body: change } = body.value.onChainEvent!;
  return [
    `${type}/${change !== undefined && "eventType" in change.value ? change.value.eventType : ""}`,
  ];
}

function messageTypeOf(body: HubEvent["body"]): readonly string[] {
  switch (body?.$case) {
    case "mergeMessageBody":
    case "mergeFailure":
      return [narrowMessage(body.value.message!).type];
    case "mergeUsernameProofBody":
      return body.value.usernameProofMessage === undefined ? [] : ["usernameProof"];
    default:
      return [];
  }
}

const hasCount = (count: number) => (events: readonly HubEvent[]) => events.length >= count;

describe("the event log", () => {
  it("rebuilds every shard's trie and all that is live, from the first block on", async () => {
    await devnet.produceBlock(120);
    for (const shardId of SHARDS) {
      const events = await readAllEvents(client, shardId);
      const blocks = blocksOf(events);
      const mirror = createMirror();
      for (const block of blocks) mirror.applyBlock(block);
      const { shardChunks } = await client.hub.getShardChunks({
        shardId,
        startBlockNumber: devnet.heights().get(shardId)!,
      });

      const hasher = createTrieHasher({ blake3 });
      for (const key of [...mirror.keys.values()].sort(Buffer.compare)) hasher.add(key);
      expect(hasher.finish().root).toEqual(shardChunks[0]?.header?.shardRoot);
      const missing = [...homeKeysOf(devnet.listLive(), shardId)].filter(
        (key) => !mirror.keys.has(key),
      );
      // Names that the same fid proved again.
      expect(missing.every((key) => key.slice(10, 12) === "07")).toBe(true);
    }
  });

  it("has contiguous blocks, each with as many events of each type as it claims", async () => {
    for (const shardId of SHARDS) {
      const blocks = blocksOf(await readAllEvents(client, shardId));

      for (const [index, block] of blocks.entries()) {
        const body = block[0]?.body;
        if (body?.$case !== "blockConfirmedBody") throw new Error("Expected BLOCK_CONFIRMED");
        const counts: Record<number, bigint> = {};
        for (const { type } of block) counts[type] = (counts[type] ?? 0n) + 1n;
        expect(body.value).toMatchObject({
          blockNumber: BigInt(index + 1),
          totalEvents: BigInt(block.length),
          eventCountsByType: counts,
        });
        expect(block.map(({ id }) => id)).toEqual(
          block.map((_, sequence) => (BigInt(index + 1) << 14n) | BigInt(sequence)),
        );
      }
    }
  });

  it("covers every type of event, message and on-chain event within a hundred blocks", async () => {
    const recent = await Promise.all(
      SHARDS.map(async (shardId) => {
        const fromId = (devnet.heights().get(shardId)! - 100n) << 14n;
        return (await readAllEvents(client, shardId)).filter(({ id }) => id >= fromId);
      }),
    );
    const events = recent.flat();
    const eventTypes = new Set(events.map(({ type }) => type));
    const onChainTypes = new Set(events.flatMap(({ body }) => onChainTypeOf(body)));
    const messageTypes = new Set(events.flatMap(({ body }) => messageTypeOf(body)));

    expect([...eventTypes].sort((a, b) => a - b)).toEqual(ALL_TYPES);
    // Signers, fids and channels with each of their three kinds of change.
    expect([...onChainTypes].sort()).toEqual([
      "1/1",
      "1/2",
      "1/3",
      "2/",
      "3/1",
      "3/2",
      "3/3",
      "4/",
      "5/",
      "6/1",
      "6/2",
      "6/3",
    ]);
    // Without gasless keys, as this network has none.
    const gasless = new Set(["keyAdd", "keyRemove"]);
    const expected = Object.keys(MESSAGE_WIRE_TYPES).filter((kind) => !gasless.has(kind));
    expect([...messageTypes].sort()).toEqual(expected.sort());
  });

  it("never names what a compaction deleted", async () => {
    const events = [...(await readAllEvents(client, 1)), ...(await readAllEvents(client, 2))];
    const compactions = events.flatMap(({ body }) =>
      body?.$case === "mergeMessageBody" &&
      narrowMessage(body.value.message!).type === "linkCompactState"
        ? [body.value.deletedMessages.length]
        : [],
    );

    expect(new Set(compactions)).toEqual(new Set([0]));
  });
});

describe("GetEvents", () => {
  it("includes start_id and excludes stop_id", async () => {
    const [startId, stopId] = [2n << 14n, 4n << 14n];
    const { events } = await client.hub.getEvents({ startId, stopId, shardIndex: 1 });

    expect(events[0]?.id).toBe(startId);
    expect(events.at(-1)!.id).toBeLessThan(stopId);
    expect(events.at(-1)?.blockNumber).toBe(3n);
  });

  it("always has a page token: null at the end, bytes of the last event before", async () => {
    const read = async (pageSize: number, pageToken?: Uint8Array) => {
      const stopId = 4n << 14n;
      const response = await client.hub.getEvents({
        startId: 1n << 14n,
        stopId,
        shardIndex: 1,
        pageSize,
        pageToken,
      });
      return { ...response, token: Buffer.from(response.nextPageToken!).toString() };
    };
    const whole = await read(1000);
    expect(whole.token).toBe("[null]");

    const first = await read(2);
    expect(first.token).toBe("[[9,0,0,0,0,0,0,128,0]]");
    const second = await read(2, first.nextPageToken);
    expect(second.events.map(({ id }) => id)).toEqual(whole.events.slice(2, 4).map(({ id }) => id));
    // Sending the end back starts over.
    const again = await read(1000, whole.nextPageToken);
    expect(again.events).toEqual(whole.events);
  });

  it("reads backwards", async () => {
    const request = { startId: 1n << 14n, shardIndex: 2, pageSize: 3, reverse: true };
    const first = await client.hub.getEvents(request);
    const next = await client.hub.getEvents({ ...request, pageToken: first.nextPageToken });
    const ids = [...first.events, ...next.events].map(({ id }) => id);

    expect(ids).toEqual([...new Set(ids)].sort((a, b) => Number(b - a)));
    expect(first.events[0]?.blockNumber).toBe(devnet.heights().get(2));
  });

  it("asks all shards when none is named, with one token for each", async () => {
    const { events, nextPageToken } = await client.hub.getEvents({ startId: 0n, pageSize: 5 });

    expect(new Set(events.map(({ shardIndex }) => shardIndex))).toEqual(new Set(SHARDS));
    expect(events).toHaveLength(10);
    expect(JSON.parse(Buffer.from(nextPageToken!).toString())).toHaveLength(2);
  });

  it.each([
    ["an unknown shard", { startId: 0n, shardIndex: 9 }, "Shard not found"],
    ["shard 0", { startId: 0n, shardIndex: 0 }, "Shard not found"],
    [
      "a token of another number of shards",
      { startId: 0n, shardIndex: 1, pageToken: Buffer.from("[null,null]") },
      "Page token does not match number of shards",
    ],
    ["an empty token", { startId: 0n, pageToken: new Uint8Array() }, "Invalid page token: "],
    [
      "a token that is not JSON",
      { startId: 0n, pageToken: Buffer.from("{") },
      "Invalid page token: ",
    ],
  ])("refuses %s", async (_, request, details) => {
    expect(await failureOf(client.hub.getEvents(request))).toEqual({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(details),
    });
  });
});

describe("GetEvent", () => {
  it("answers with the event, or with the node's own failures", async () => {
    const event = await client.hub.getEvent({ id: 1n << 14n, shardIndex: 2 });
    expect(event).toMatchObject({ blockNumber: 1n, shardIndex: 2, type: 11 });

    expect(await failureOf(client.hub.getEvent({ id: 16_000n, shardIndex: 1 }))).toEqual({
      code: status.INTERNAL,
      details: "not_found/Event not found",
    });
    expect(await failureOf(client.hub.getEvent({ id: 5n, shardIndex: 0 }))).toEqual({
      code: status.INVALID_ARGUMENT,
      details: "no shard store for fid",
    });
  });
});

describe("Subscribe", () => {
  it("replays from an id, which it includes, and goes on live", async () => {
    const height = devnet.heights().get(1)!;
    const fromId = height << 14n;
    const stream = client.hub.subscribe({ eventTypes: [...ALL_TYPES], fromId, shardIndex: 1 });
    let isLive = false;
    const events = await take(stream, (sofar) => {
      if (!isLive) {
        isLive = true;
        void devnet.produceBlock(2);
      }
      return sofar.at(-1)!.blockNumber === height + 2n;
    });

    expect(events[0]?.id).toBe(fromId);
    expect(new Set(events.map(({ blockNumber }) => blockNumber))).toEqual(
      new Set([height, height + 1n, height + 2n]),
    );
  });

  it("delivers nothing to an empty list of types", async () => {
    const silent = client.hub.subscribe({ eventTypes: [], fromId: 0n, shardIndex: 1 });
    const received: HubEvent[] = [];
    silent.on("data", (event: HubEvent) => received.push(event));
    silent.on("error", () => {});
    const other = client.hub.subscribe({ eventTypes: [11], fromId: 0n, shardIndex: 1 });
    const height = Number(devnet.heights().get(1)!);
    // The other stream has been sent the whole log, so the silent one would have been, too.
    await take(other, hasCount(height));

    expect(received).toEqual([]);
    silent.cancel();
  });

  it("delivers only the types it is asked for", async () => {
    const stream = client.hub.subscribe({ eventTypes: [HubEventType.REVOKE_MESSAGE], fromId: 0n });
    const events = await take(stream, hasCount(3));

    expect(events.map(({ type }) => type)).toEqual([3, 3, 3]);
  });

  it("delivers live events only when no id is given", async () => {
    const stream = client.hub.subscribe({ eventTypes: [11], shardIndex: 2 });
    const height = devnet.heights().get(2)!;
    const events = take(stream, hasCount(1));
    // The stream is open once its headers came; blocks before that are not in it.
    await new Promise((resolve) => stream.once("metadata", resolve));
    await devnet.produceBlock(3);

    expect((await events)[0]!.blockNumber).toBeGreaterThan(height);
  });

  it("starts with what is left when the id is older, or never was", async () => {
    const stream = client.hub.subscribe({ eventTypes: [...ALL_TYPES], fromId: 0n, shardIndex: 1 });

    // Leftovers of a bootstrap come first: no history, which begins with the first confirmed block.
    const events = await take(stream, (sofar) => sofar.at(-1)!.id === 1n << 14n);
    const leftovers = events.slice(0, -1);
    expect(leftovers.length).toBeGreaterThan(5);
    for (const [index, { id, blockNumber, timestamp, type }] of leftovers.entries()) {
      expect({ id, blockNumber, timestamp, type }).toEqual({
        id: BigInt(index + 1),
        blockNumber: 0n,
        timestamp: 0n,
        type: HubEventType.MERGE_MESSAGE,
      });
    }
  });

  it.each([0, 9])("refuses shard %d", async (shardIndex) => {
    const stream = client.hub.subscribe({ eventTypes: [...ALL_TYPES], shardIndex });

    expect(await failureOfStream(stream)).toEqual({
      code: status.UNKNOWN,
      details: expect.stringContaining("Invalid shard id"),
    });
  });
});

describe("a subscriber that does not keep up", () => {
  it("loses events without being told, and sees it only by the numbers of the blocks", async () => {
    const network = createDevnet({ blockMs: 0, messages: 0, users: 10, trafficPerBlock: 0 });
    await network.start();
    // A small window, so that little fits between the node and a client that does not read.
    const slow = connect(network.port, 65_535);
    const stream = slow.hub.subscribe({ eventTypes: [...ALL_TYPES], shardIndex: 1 });
    stream.on("error", () => {});
    stream.pause();
    await new Promise((resolve) => stream.once("metadata", resolve));
    const live = [...network.listLive()].find(
      (entry) => entry.homeShardId === 1 && entry.kind === "onChainEvent" && entry.event.fid > 0n,
    );
    const fid = live?.kind === "onChainEvent" ? live.event.fid : 0n;
    const signer = network.findSigner(fid)!;
    const message = buildMessage({ type: "castAdd", fid, timestamp: 1, body: cast("gm"), signer });
    for (let block = 0; block < 5; block++) {
      // One is merged; the others fail as duplicates, which are events just as well.
      network.submit(...new Array(4000).fill({ kind: "message", message }));
      await network.produceBlock();
    }
    const last = network.heights().get(1)!;
    await network.produceBlock();
    const events = await take(stream, (sofar) => sofar.at(-1)!.blockNumber > last);
    const ids = events.map(({ id }) => id);

    expect(ids.length).toBeLessThan(20_000);
    expect(ids.length).toBeGreaterThan(10_000);
    expect(ids).toEqual(ids.toSorted((a, b) => Number(a - b)));
    slow.close();
    await network.stop();
  });
});

describe("gasless keys", () => {
  it("reach live subscribers with id 0, added and removed, and are in no log", async () => {
    const network = createDevnet({ blockMs: 0, messages: 600, users: 20 });
    await network.start();
    const reader = connect(network.port);
    const streams = SHARDS.map((shardIndex) =>
      reader.hub.subscribe({ eventTypes: [1, 11], shardIndex }),
    );
    const received: HubEvent[] = [];
    for (const stream of streams) {
      stream.on("error", () => {});
      stream.on("data", (event: HubEvent) => received.push(event));
    }
    await Promise.all(streams.map((stream) => new Promise((r) => stream.once("metadata", r))));
    await network.produceBlock(100);
    const tips = network.heights();
    await expect
      .poll(
        () => received.filter(({ id, shardIndex }) => id === tips.get(shardIndex)! << 14n).length,
        { timeout: 30_000 },
      )
      .toBe(SHARDS.length);

    const keys = received.filter(({ id }) => id === 0n);
    expect(new Set(keys.flatMap(({ body }) => messageTypeOf(body)))).toEqual(
      new Set(["keyAdd", "keyRemove"]),
    );
    expect(keys.every(({ blockNumber, timestamp }) => blockNumber === 0n && timestamp > 0n)).toBe(
      true,
    );
    const logged = await Promise.all(SHARDS.map((shardId) => readAllEvents(reader, shardId)));
    const loggedTypes = new Set(logged.flat().flatMap(({ body }) => messageTypeOf(body)));
    expect([loggedTypes.has("keyAdd"), loggedTypes.has("keyRemove")]).toEqual([false, false]);
    for (const stream of streams) stream.cancel();
    reader.close();
    await network.stop();
  });
});

describe("retention", () => {
  it("drops old blocks at block boundaries, and says nothing", async () => {
    const network = createDevnet({
      blockMs: 0,
      messages: 100,
      users: 10,
      eventRetentionMs: 10_000,
    });
    await network.start();
    await network.produceBlock(30);
    const reader = connect(network.port);
    const { events } = await reader.hub.getEvents({ startId: 0n, shardIndex: 1 });

    const tip = network.heights().get(1)!;
    expect(events[0]?.blockNumber).toBe(tip - 10n);
    expect(events[0]?.type).toBe(HubEventType.BLOCK_CONFIRMED);
    reader.close();
    await network.stop();
  });
});
