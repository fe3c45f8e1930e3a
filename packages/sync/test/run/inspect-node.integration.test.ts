import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import { FarcasterNetwork } from "@snaprag/proto";
import { expect, it } from "vitest";
import { inspectNode } from "../../src/run/inspect-node.ts";

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
