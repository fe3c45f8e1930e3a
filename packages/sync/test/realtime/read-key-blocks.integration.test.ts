import { createNodeClient } from "@snaprag/client";
import { FarcasterNetwork } from "@snaprag/proto";
import { expect, it } from "vitest";
import { startBareNode } from "../../../../test/support/bare-node.ts";
import { blockNumberOf } from "../../src/realtime/keys/process-key-block.ts";
import { readKeyBlocks } from "../../src/realtime/keys/read-key-blocks.ts";
import { startDevnet } from "../support/mirrors.ts";

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

it("yields every block to the newest when the stream is cut", async () => {
  await using devnet = await startDevnet({ users: 12, messages: 0 });
  await devnet.produceBlock(20);
  const newest = devnet.heights().get(0) ?? 0n;
  devnet.setFaults({ failStream: { method: "GetBlocks", code: 14, after: 7, times: 2 } });

  const { holes, numbers } = await read(devnet.endpoint, 1n);

  expect(holes).toEqual([]);
  expect(numbers).toEqual(Array.from({ length: Number(newest) }, (_, index) => BigInt(index + 1)));
});
