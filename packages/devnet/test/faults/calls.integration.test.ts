// Faults of calls and streams, over real gRPC.
import { status } from "@grpc/grpc-js";
import { HubEventType } from "@snaprag/proto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { collect } from "../support/collect.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect, failureOf, failureOfStream } from "../support/rpc-client.ts";

/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 0, users: 10, trafficPerBlock: 0 });
  await devnet.start();
  await devnet.produceBlock(10);
  client = connect(devnet.port);
});
afterEach(() => devnet.setFaults({}));
afterAll(async () => {
  client.close();
  await devnet.stop();
});

const countOf = (name: Parameters<ReturnType<Devnet["faultCounts"]>["get"]>[0]) =>
  devnet.faultCounts().get(name) ?? 0;

describe("rpcErrors", () => {
  it("fail calls of a method as often as told, and no others", async () => {
    const details = "Failed to get events: disk on fire";
    devnet.setFaults({
      rpcErrors: [
        { method: "GetEvents", code: status.INTERNAL, message: details, times: 2 },
        { method: "GetShardSnapshotMetadata", code: status.UNIMPLEMENTED },
      ],
    });
    const request = { shardIndex: 1, startId: 1n << 14n };

    expect(await failureOf(client.hub.getEvents(request))).toEqual({ code: 13, details });
    expect(await failureOf(client.hub.getEvents(request))).toEqual({ code: 13, details });
    expect((await client.hub.getEvents(request)).events.length).toBeGreaterThan(0);
    expect((await client.hub.getInfo({})).numShards).toBe(2);
    const metadata = client.replication.getShardSnapshotMetadata({ shardId: 1 });
    expect(await failureOf(metadata)).toEqual({ code: 12, details: "injected fault" });
    expect(countOf("rpcErrors")).toBe(3);
  });

  it("refuse streams at the start", async () => {
    devnet.setFaults({
      rpcErrors: [{ method: "Subscribe", code: status.UNAVAILABLE, message: "not now", times: 1 }],
    });
    const request = {
      eventTypes: [HubEventType.BLOCK_CONFIRMED],
      shardIndex: 1,
      fromId: 1n << 14n,
    };

    expect(await failureOfStream(client.hub.subscribe(request))).toEqual({
      code: 14,
      details: "not now",
    });
    const next = client.hub.subscribe(request);
    const { items } = collect(next);
    await expect.poll(() => items.length, PATIENT).toBeGreaterThan(0);
    next.cancel();
  });
});

describe("slowRpcs", () => {
  it("hold up the calls they name", async () => {
    devnet.setFaults({ slowRpcs: [{ method: "GetInfo", delayMs: 10_000_000 }] });
    let isAnswered = false;
    const slow = client.hub.getInfo({}).finally(() => {
      isAnswered = true;
    });
    // Given up with the connection.
    slow.catch(() => {});
    await client.hub.getFids({ shardId: 1 });
    await expect.poll(() => countOf("slowRpcs"), PATIENT).toBe(1);
    await client.hub.getFids({ shardId: 1 });

    expect(isAnswered).toBe(false);
  });

  it("let the call go on afterwards", async () => {
    devnet.setFaults({ slowRpcs: [{ delayMs: 1 }] });

    expect((await client.hub.getInfo({})).numShards).toBe(2);
    const { items, endedWith } = collect(client.hub.getBlocks({ startBlockNumber: 1n }));
    await expect.poll(endedWith, PATIENT).toBe(0);
    expect(items).toHaveLength(Number(devnet.heights().get(0)));
  });
});

describe("a stream", () => {
  it("can end as if that were all, and only streams of the method do", async () => {
    devnet.setFaults({ endStream: { method: "GetBlocks", after: 3, times: 1 } });
    const events = client.hub.subscribe({ eventTypes: [11], shardIndex: 1, fromId: 1n << 14n });
    const subscription = collect(events);
    await expect
      .poll(() => subscription.items.length, PATIENT)
      .toBe(Number(devnet.heights().get(1)));
    const blocks = collect(client.hub.getBlocks({ startBlockNumber: 1n }));
    await expect.poll(blocks.endedWith, PATIENT).toBe(0);

    expect(blocks.items.map(({ header }) => header?.height?.blockNumber)).toEqual([1n, 2n, 3n]);
    expect(subscription.endedWith()).toBeUndefined();
    expect(countOf("endStream")).toBe(1);
    events.cancel();
  });

  it("can end in the midst of live events", async () => {
    const stream = client.hub.subscribe({ eventTypes: [11] });
    const { items, accepted, endedWith } = collect(stream);
    await accepted;
    devnet.setFaults({ endStream: { after: 2, times: 1 } });
    await devnet.produceBlock(3);

    await expect.poll(endedWith, PATIENT).toBe(0);
    expect(items).toHaveLength(2);
  });

  it("can fail with any status", async () => {
    devnet.setFaults({
      failStream: { code: status.RESOURCE_EXHAUSTED, message: "too much", after: 1, times: 1 },
    });
    const request = {
      eventTypes: [HubEventType.BLOCK_CONFIRMED],
      shardIndex: 1,
      fromId: 1n << 14n,
    };

    expect(await failureOfStream(client.hub.subscribe(request))).toEqual({
      code: status.RESOURCE_EXHAUSTED,
      details: "too much",
    });
    expect(countOf("failStream")).toBe(1);
  });

  it("can fall silent for ever, whatever comes", async () => {
    devnet.setFaults({ stallStream: { method: "Subscribe", after: 1, times: 1 } });
    // Of both shards: once an event of one is stuck, those of the other have no way through either.
    const silent = client.hub.subscribe({ eventTypes: [11] });
    const stalled = collect(silent);
    await stalled.accepted;
    await devnet.produceBlock();
    await expect.poll(() => countOf("stallStream"), PATIENT).toBe(1);
    devnet.setFaults({});
    const next = client.hub.subscribe({ eventTypes: [11], shardIndex: 1 });
    const other = collect(next);
    await other.accepted;
    await devnet.produceBlock(3);
    await expect.poll(() => other.items.length, PATIENT).toBe(3);

    expect(stalled.items).toHaveLength(1);
    expect(stalled.endedWith()).toBeUndefined();
    silent.cancel();
    next.cancel();
    await expect.poll(stalled.endedWith, PATIENT).toBe(status.CANCELLED);
  });

  it("of blocks can fall silent, too", async () => {
    const before = countOf("stallStream");
    devnet.setFaults({ stallStream: { after: 1 } });
    const stream = client.hub.getBlocks({ startBlockNumber: 1n });
    const { items, endedWith } = collect(stream);
    await expect.poll(() => countOf("stallStream"), PATIENT).toBe(before + 1);
    await client.hub.getInfo({});

    expect([items.length, endedWith()]).toEqual([1, undefined]);
    stream.cancel();
  });
});
