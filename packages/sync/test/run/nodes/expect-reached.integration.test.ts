// How often a node is asked how far it is.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { expectReached } from "../../../src/run/nodes/expect-reached.ts";
import { startDevnet } from "../../support/mirrors.ts";

const { signal } = new AbortController();

let devnet: Devnet;
let client: NodeClient;
let node: NodeClient;
let askedCount: number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  devnet = await startDevnet({ users: 10, messages: 0, trafficPerBlock: 0 });
  client = createNodeClient({ endpoint: devnet.endpoint });
  askedCount = 0;
  const getInfo: NodeClient["hub"]["getInfo"] = (...call) => {
    askedCount += 1;
    return client.hub.getInfo(...call);
  };
  node = { ...client, hub: { ...client.hub, getInfo } };
});
afterEach(async () => {
  vi.useRealTimers();
  await client.close();
  await devnet.stop();
});

function heightOf(shardId: number): bigint {
  const height = devnet.heights().get(shardId);
  if (height === undefined) throw new Error(`the devnet has no shard ${shardId}`);
  return height;
}

it("asks once for all shards and partitions that are read within a second", async () => {
  for (const shardId of [1, 2, 1, 2]) {
    await expectReached(node, { shardId, height: heightOf(shardId) }, signal);
  }
  expect(askedCount).toBe(1);

  vi.advanceTimersByTime(1001);
  await expectReached(node, { shardId: 1, height: heightOf(1) }, signal);
  expect(askedCount).toBe(2);
});

it("asks again at once whether a node that was behind has come on", async () => {
  const height = heightOf(1) + 1n;
  const isReached = () => expectReached(node, { shardId: 1, height }, signal);

  await expect(isReached()).rejects.toMatchObject({ code: "node_behind", shardId: 1 });
  await expect(isReached()).rejects.toMatchObject({ code: "node_behind" });
  await devnet.produceBlock();
  await isReached();

  expect(askedCount).toBe(3);
});

it("asks every node for itself", async () => {
  const other = { ...node };
  await expectReached(node, { shardId: 1, height: heightOf(1) }, signal);
  await expectReached(other, { shardId: 1, height: heightOf(1) }, signal);
  expect(askedCount).toBe(2);
});
