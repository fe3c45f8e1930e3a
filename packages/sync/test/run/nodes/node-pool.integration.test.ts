import type { NodeClient } from "@snaprag/client";
import { createNodeClient, NodeClientError } from "@snaprag/client";
import { FarcasterNetwork } from "@snaprag/proto";
import { afterEach, expect, it } from "vitest";
import type { BareNode } from "../../../../../test/support/bare-node.ts";
import { startBareNode } from "../../../../../test/support/bare-node.ts";
import type { Logger } from "../../../src/index.ts";
import { SyncError } from "../../../src/index.ts";
import { createNodePool } from "../../../src/run/nodes/node-pool.ts";

const { DEVNET, MAINNET } = FarcasterNetwork;
const FAILURE = new SyncError("stream_ended", "The node ended the event stream of shard 1");
const NOBODY = "http://127.0.0.1:1";

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function startNode(options: Parameters<typeof startBareNode>[0]): Promise<BareNode> {
  const node = await startBareNode(options);
  opened.push(node);
  return node;
}

function connect({ endpoint }: Pick<BareNode, "endpoint">): NodeClient {
  const client = createNodeClient({ endpoint, retry: { attempts: 1 }, timeoutMs: 5000 });
  opened.push(client);
  return client;
}

/** A pool of a devnet with two data shards. */
function createPool(...clients: [NodeClient, ...NodeClient[]]) {
  const network = { network: DEVNET, shardCount: 2 };
  return createNodePool({ clients, network, logger, signal: new AbortController().signal });
}

it("moves a shard to the next node that answers and is of the same network", async () => {
  const first = connect(await startNode({ network: DEVNET }));
  const foreign = connect(await startNode({ network: MAINNET }));
  const larger = connect(await startNode({ network: DEVNET, shardCount: 3 }));
  const silent = connect({ endpoint: NOBODY });
  const standby = connect(await startNode({ network: DEVNET }));
  const pool = createPool(first, foreign, larger, silent, standby);

  expect(await pool.leave(1, first, FAILURE)).toBe(true);

  expect(pool.of(1)).toBe(standby);
  expect(pool.of(2)).toBe(first);
  // The two of other networks are never asked again; the one that did not answer is.
  expect(pool.size).toBe(3);
  expect(await pool.leave(1, standby, FAILURE)).toBe(true);
  expect(pool.of(1)).toBe(first);
});

it("leaves out only the node of another network when two shards meet it at once", async () => {
  const first = connect(await startNode({ network: DEVNET }));
  const foreign = connect(await startNode({ network: MAINNET }));
  const standby = connect(await startNode({ network: DEVNET }));
  const pool = createPool(first, foreign, standby);

  const moved = await Promise.all([1, 2].map((shardId) => pool.leave(shardId, first, FAILURE)));

  expect(moved).toEqual([true, true]);
  expect([pool.of(1), pool.of(2)]).toEqual([standby, standby]);
  expect(pool.size).toBe(2);
});

it("moves a shard no further for a failure of a node that it has left", async () => {
  const [first, second, third] = [
    connect(await startNode({ network: DEVNET })),
    connect(await startNode({ network: DEVNET })),
    connect(await startNode({ network: DEVNET })),
  ];
  const pool = createPool(first, second, third);
  await pool.leave(1, first, FAILURE);
  await pool.leave(1, second, FAILURE);

  expect(await pool.leave(1, first, FAILURE)).toBe(true);

  expect(pool.of(1)).toBe(third);
});

it("keeps a shard where it is when no node failed, or no other answers", async () => {
  const first = connect(await startNode({ network: DEVNET }));
  const standby = connect(await startNode({ network: DEVNET }));
  const refused = new NodeClientError("unavailable", "no connection", {
    method: "/HubService/GetEvents",
    endpoint: NOBODY,
  });
  const pool = createPool(first, standby);
  const lonely = createPool(first, connect({ endpoint: NOBODY }));

  expect(await pool.leave(1, first, new Error("The store is full"))).toBe(false);
  expect(await lonely.leave(1, first, refused)).toBe(false);

  expect([pool.of(1), lonely.of(1)]).toEqual([first, first]);
  expect(await pool.leave(1, first, refused)).toBe(true);
});
