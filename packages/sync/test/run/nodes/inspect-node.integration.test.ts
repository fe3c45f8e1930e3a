import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import { FarcasterNetwork } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import type { BareNode } from "../../../../../test/support/bare-node.ts";
import { startBareNode } from "../../../../../test/support/bare-node.ts";
import { resolveSyncerOptions } from "../../../src/options.ts";
import { createRunEnd } from "../../../src/run/end/run-end.ts";
import { findSuitable, inspectNode } from "../../../src/run/nodes/inspect-node.ts";
import { newStore } from "../../support/mirrors.ts";

const { signal } = new AbortController();

it("asks again for the block that names the network, when the stream ended before it", async () => {
  await using devnet = createDevnet({ users: 10, messages: 0, blockMs: 0 });
  await devnet.start();
  devnet.setFaults({ endStream: { chance: 1 } });
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  const waiting = inspectNode(client, signal);
  setTimeout(() => devnet.setFaults({}), 100);

  expect((await waiting).network).toEqual({ network: FarcasterNetwork.DEVNET, shardCount: 2 });
});

it("says that no block names the network, when none comes", async () => {
  await using devnet = createDevnet({ users: 10, messages: 0, blockMs: 0 });
  await devnet.start();
  devnet.setFaults({ endStream: { chance: 1 } });
  await using client = createNodeClient({ endpoint: devnet.endpoint });

  await expect(inspectNode(client, signal)).rejects.toMatchObject({ code: "unknown_network" });
});

describe("findSuitable()", () => {
  const { MAINNET, TESTNET } = FarcasterNetwork;
  /** Nothing listens on port 1. */
  const AWAY: Pick<BareNode, "endpoint"> = { endpoint: "http://127.0.0.1:1" };

  interface Asked {
    readonly nodes: readonly Pick<BareNode, "endpoint">[];
    readonly store?: ReturnType<typeof newStore>;
    readonly begunWith?: readonly number[];
  }

  /** Which of some nodes a sync without snapshots begins with, and with which shards. */
  async function find({ nodes, store = newStore(), begunWith }: Asked) {
    const [client, ...standbys] = nodes.map(({ endpoint }) =>
      createNodeClient({ endpoint, retry: { attempts: 1 } }),
    );
    if (client === undefined) throw new TypeError("Expected at least one node");
    const all = [client, ...standbys];
    const mode = "realtime";
    const options = resolveSyncerOptions({ client, standbys, store, holder: "a test", mode });
    const end = createRunEnd(undefined);
    try {
      const { clients, shardIds } = await findSuitable({ options, begunWith, end, signal });
      return { order: clients.map((each) => all.indexOf(each)), shardIds };
    } finally {
      await Promise.all(all.map((each) => each.close()));
    }
  }

  it("passes over nodes that refuse, are away or know no network", async () => {
    await using closed = await startBareNode({ isClosed: true });
    await using empty = await startBareNode();
    await using good = await startBareNode({ network: MAINNET });

    const found = await find({ nodes: [closed, AWAY, empty, good] });

    expect(found).toEqual({ order: [3, 0, 1, 2], shardIds: [0, 1, 2] });
  });

  it("passes over nodes of another network than the store's", async () => {
    await using other = await startBareNode({ network: TESTNET });
    await using good = await startBareNode({ network: MAINNET });
    const store = newStore();
    await store.bindNetwork({ network: MAINNET, shardCount: 2 });

    expect((await find({ nodes: [other, good], store })).order).toEqual([1, 0]);
    await expect(find({ nodes: [other], store })).rejects.toMatchObject({
      code: "network_mismatch",
    });
  });

  it("takes a node that hosts some shards only if it is the first one", async () => {
    await using partial = await startBareNode({ network: MAINNET, shardCount: 3 });

    expect((await find({ nodes: [partial] })).shardIds).toEqual([0, 1, 2]);
    await expect(find({ nodes: [AWAY, partial] })).rejects.toMatchObject({ code: "unavailable" });
    await expect(find({ nodes: [partial], begunWith: [0, 3] })).rejects.toMatchObject({
      code: "unknown_shard",
    });
  });

  it("tells what the first lacks, and once it has begun rather what may pass", async () => {
    await using closed = await startBareNode({ isClosed: true });
    const nodes = [closed, AWAY];

    await expect(find({ nodes })).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(find({ nodes, begunWith: [0] })).rejects.toMatchObject({ code: "unavailable" });
  });
});
