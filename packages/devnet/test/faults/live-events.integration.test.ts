// Faults of live events, over real gRPC: docs/protocol.md 1.3.
import { HubEventType } from "@snaprag/proto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createBroadcast } from "../../src/engine/events/broadcast.ts";
import { createFaults } from "../../src/faults/create-faults.ts";
import { withLiveEventFaults } from "../../src/faults/live-event-faults.ts";
import type { Devnet, FaultPlan } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { collect } from "../support/collect.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect } from "../support/rpc-client.ts";

/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  // Without traffic, each block has one event.
  devnet = createDevnet({ blockMs: 0, messages: 0, users: 10, trafficPerBlock: 0 });
  await devnet.start();
  client = connect(devnet.port);
});
afterEach(() => devnet.setFaults({}));
afterAll(async () => {
  client.close();
  await devnet.stop();
});

/** How many blocks after the present one each event is from that a stream is sent. */
async function offsetsOf(plan: FaultPlan, blocks: number, expected: readonly number[]) {
  const height = devnet.heights().get(1)!;
  const stream = client.hub.subscribe({ eventTypes: [11], shardIndex: 1 });
  const { items, accepted } = collect(stream);
  await accepted;
  devnet.setFaults(plan);
  await devnet.produceBlock(blocks);
  const offsets = () => items.map(({ blockNumber }) => Number(blockNumber - height));
  await expect.poll(offsets, PATIENT).toEqual(expected);
  stream.cancel();
}

describe("a live event", () => {
  it.each<[keyof FaultPlan, FaultPlan, number, readonly number[]]>([
    ["drop", { drop: { after: 1, times: 2 } }, 5, [1, 4, 5]],
    ["duplicate", { duplicate: { after: 1, times: 1 } }, 3, [1, 2, 2, 3]],
    ["reorder", { reorder: { times: 1 } }, 3, [2, 1, 3]],
    ["ringLoss", { ringLoss: { events: 3, after: 1, times: 1 } }, 6, [1, 5, 6]],
    ["delay", { delay: { maxMs: 3 } }, 4, [1, 2, 3, 4]],
  ])("can be struck by %s", async (name, plan, blocks, offsets) => {
    const before = devnet.faultCounts().get(name) ?? 0;
    await offsetsOf(plan, blocks, offsets);

    expect(devnet.faultCounts().get(name)).toBeGreaterThan(before);
  });

  it("repeats and changes places at once, and is still never lost", async () => {
    await offsetsOf({ duplicate: { times: 1 }, reorder: { times: 1 } }, 3, [2, 1, 1, 3]);
  });

  it("is struck no more once the plan is over, in the midst of a loss even", async () => {
    const height = devnet.heights().get(1)!;
    const stream = client.hub.subscribe({ eventTypes: [11], shardIndex: 1 });
    const { items, accepted } = collect(stream);
    await accepted;
    devnet.setFaults({ ringLoss: { events: 1000 } });
    await devnet.produceBlock(2);
    await expect.poll(() => devnet.faultCounts().get("ringLoss"), PATIENT).toBeGreaterThan(0);
    devnet.setFaults({});
    await devnet.produceBlock();

    await expect.poll(() => items.at(-1)?.blockNumber, PATIENT).toBe(height + 3n);
    stream.cancel();
  });

  it("that a stream does not ask for is no occasion", async () => {
    const before = devnet.faultCounts().get("drop") ?? 0;
    const others = client.hub.subscribe({ eventTypes: [1], shardIndex: 1 });
    const { items, accepted } = collect(others);
    await accepted;
    await offsetsOf({ drop: { after: 2, times: 1 } }, 4, [1, 2, 4]);

    expect(devnet.faultCounts().get("drop")).toBe(before + 1);
    expect(items).toEqual([]);
    others.cancel();
  });

  it("waits as long as it is told to, and no longer than its client", async () => {
    const faults = createFaults({ seed: "seed", plan: { delay: { maxMs: 10_000_000 } } });
    const broadcast = createBroadcast<never>(10);
    const listener = withLiveEventFaults(broadcast.listen(), { faults, isAfterReplay: false });
    const leaving = new AbortController();
    const next = listener.next({ signal: leaving.signal, onLag: () => {} });
    broadcast.publish(undefined as never);
    await new Promise(setImmediate);
    expect(faults.counts()).toEqual(new Map([["delay", 1]]));

    leaving.abort();
    await expect(next).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("replayGap", () => {
  it("loses the first live events of streams that replayed, and of no other", async () => {
    const height = devnet.heights().get(1)!;
    devnet.setFaults({ replayGap: { events: 2 } });
    const request = { eventTypes: [HubEventType.BLOCK_CONFIRMED], shardIndex: 1 };
    const replaying = client.hub.subscribe({ ...request, fromId: (height - 1n) << 14n });
    const live = client.hub.subscribe(request);
    const [replayed, listened] = [collect(replaying), collect(live)];
    await Promise.all([replayed.accepted, listened.accepted]);
    await expect.poll(() => replayed.items.length, PATIENT).toBe(2);
    await devnet.produceBlock(4);

    const offsets = (items: typeof replayed.items) =>
      items.map(({ blockNumber }) => Number(blockNumber - height));
    await expect.poll(() => offsets(replayed.items), PATIENT).toEqual([-1, 0, 3, 4]);
    await expect.poll(() => offsets(listened.items), PATIENT).toEqual([1, 2, 3, 4]);
    expect(devnet.faultCounts().get("replayGap")).toBe(1);
    replaying.cancel();
    live.cancel();
  });
});
