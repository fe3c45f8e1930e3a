import { createNodeClient } from "@snaprag/client";
import { FarcasterNetwork } from "@snaprag/proto";
import type { SyncFault } from "@snaprag/storage";
import { expect, it } from "vitest";
import { startBareNode } from "../../../../test/support/bare-node.ts";
import { createSyncer } from "../../src/index.ts";
import { blockNumberOf } from "../../src/realtime/keys/process-key-block.ts";
import { readKeyBlocks } from "../../src/realtime/keys/read-key-blocks.ts";
import { newStore, startDevnet } from "../support/mirrors.ts";

async function read(endpoint: string, startBlock: bigint) {
  await using client = createNodeClient({ endpoint });
  const holes: (readonly [bigint, bigint])[] = [];
  const onHole = async (first: bigint, last: bigint) => void holes.push([first, last]);
  const { signal } = new AbortController();
  const numbers: (bigint | undefined)[] = [];
  for await (const block of readKeyBlocks({ client, startBlock, signal, onHole })) {
    numbers.push(blockNumberOf(block));
  }
  return { holes, numbers };
}

it("tells of the blocks that a node does not have, and yields the others once", async () => {
  // Its only block is the fifth, whichever it is asked for.
  await using node = await startBareNode({ network: FarcasterNetwork.DEVNET });

  expect(await read(node.endpoint, 2n)).toEqual({ holes: [[2n, 4n]], numbers: [5n] });
});

it("tells of every hole in what it asks for again, and yields the blocks between them", async () => {
  // The stream skips blocks 1 to 7, of which the node has two when it is asked for them.
  await using node = await startBareNode({
    network: FarcasterNetwork.DEVNET,
    blocksByCall: [[8n], [3n, 6n]],
  });

  expect(await read(node.endpoint, 1n)).toEqual({
    holes: [
      [1n, 2n],
      [4n, 5n],
      [7n, 7n],
    ],
    numbers: [3n, 6n, 8n],
  });
});

it("asks for a skipped block again before it takes it for gone", async () => {
  // The stream skips blocks 1 to 7; the first that is asked for them ends after two of them.
  await using node = await startBareNode({
    network: FarcasterNetwork.DEVNET,
    blocksByCall: [[8n], [1n, 2n], [3n, 4n, 5n, 6n, 7n]],
  });

  const { holes, numbers } = await read(node.endpoint, 1n);

  expect(holes).toEqual([]);
  expect(numbers).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
});

it.each(["historical", "full"] as const)(
  "reads on to the node's newest block where a stream ends before (%s)",
  async (mode) => {
    await using node = await startBareNode({
      network: FarcasterNetwork.DEVNET,
      blocksByCall: [[5n], [1n, 2n], [], [3n, 4n], [5n]],
    });
    await using client = createNodeClient({ endpoint: node.endpoint });
    const store = newStore();
    await store.startRealtime(0, 0n);
    const options = { client, store, mode, holder: "a test", shardIds: [0], syncIntervalMs: 20 };

    await createSyncer(options).run({ untilSynced: true });

    expect(await store.listShards()).toMatchObject([
      { shardId: 0, blockNumber: 5n, errorCount: 0 },
    ]);
  },
);

it("leaves a hole on record, once", async () => {
  await using node = await startBareNode({
    network: FarcasterNetwork.DEVNET,
    blocksByCall: [[5n]],
  });
  await using client = createNodeClient({ endpoint: node.endpoint });
  const store = newStore();
  const faults: SyncFault[] = [];
  const recordFault = async (fault: SyncFault) => {
    faults.push(fault);
    await store.recordFault(fault);
  };
  await store.startRealtime(0, 1n);
  const watched = { ...store, recordFault };
  const options = { client, store: watched, holder: "a test", shardIds: [0], syncIntervalMs: 20 };

  await createSyncer(options).run({ untilSynced: true });
  await createSyncer(options).run({ untilSynced: true });

  expect(faults).toEqual([
    {
      shardId: 0,
      virtualShard: null,
      code: "blocks_pruned",
      message: expect.stringContaining("blocks 2 to 4 of shard 0"),
      isRetried: false,
    },
  ]);
  expect(await store.listShards()).toMatchObject([{ shardId: 0, blockNumber: 5n, errorCount: 1 }]);
});

it("yields every block to the newest when the stream is cut", async () => {
  await using devnet = await startDevnet({ users: 12, messages: 0 });
  await devnet.produceBlock(20);
  const newest = devnet.heights().get(0) ?? 0n;
  devnet.setFaults({ failStream: { method: "GetBlocks", code: 14, after: 7, times: 2 } });

  const { holes, numbers } = await read(devnet.endpoint, 1n);

  expect(holes).toEqual([]);
  expect(numbers).toEqual(Array.from({ length: Number(newest) }, (_, index) => BigInt(index + 1)));
});
