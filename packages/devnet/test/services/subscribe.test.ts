// Where a stream of events repeats itself and where it has holes: docs/protocol.md 1.3.
import type { HubEvent } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import { createChain } from "../../src/devnet/create-chain.ts";
import type { Node } from "../../src/devnet/create-node.ts";
import { createNode, produceRound } from "../../src/devnet/create-node.ts";
import { viewAsExecuted } from "../../src/devnet/replicate-network.ts";
import { createFaults } from "../../src/faults/create-faults.ts";
import { resolveDevnetOptions } from "../../src/options.ts";
import { subscribe } from "../../src/services/hub/events/subscribe.ts";
import type { ServerStream } from "../../src/services/serve.ts";

const SHARD = 1;
/** For a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };

interface QuietNode {
  readonly context: Node["context"];
  produceBlock(): Promise<void>;
}

async function quietNode(): Promise<QuietNode> {
  const options = { blockMs: 0, messages: 0, users: 10, trafficPerBlock: 0 };
  const settings = resolveDevnetOptions(options);
  const chain = createChain(settings, await loadBlake3());
  await chain.generate(new AbortController().signal);
  const faults = createFaults({ seed: "test", plan: {} });
  const { nowSeconds } = chain;
  const node = createNode(viewAsExecuted(chain.network), { nowSeconds, faults, settings });
  node.open();
  return { context: node.context, produceBlock: () => produceRound(chain, [node]) };
}

/** A client that takes each event as soon as it is let. */
function createClient() {
  const leaving = new AbortController();
  const blocks: bigint[] = [];
  let gate: Promise<void> = Promise.resolve();
  const stream: ServerStream<HubEvent> = {
    signal: leaving.signal,
    open: () => {},
    async send(event) {
      blocks.push(event.blockNumber);
      await gate;
    },
  };
  return {
    stream,
    blocks,
    /** Takes one more event and then no other, until the returned function is called. */
    hold(): () => void {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    leave: () => leaving.abort(new Error("left")),
  };
}

describe("subscribe()", () => {
  it("sends an event twice that was read from the log before it was broadcast", async () => {
    const node = await quietNode();
    const client = createClient();
    const height = node.context.network.dataShards.get(SHARD)!.height();
    // The block is committed when the call returns, and broadcast a turn later.
    const produced = node.produceBlock();
    const request = { eventTypes: [HubEventType.BLOCK_CONFIRMED], shardIndex: SHARD };
    const subscription = subscribe(
      { ...request, fromId: (height + 1n) << 14n },
      client.stream,
      node.context,
    );
    await produced;
    await expect.poll(() => client.blocks, PATIENT).toEqual([height + 1n, height + 1n]);

    client.leave();
    await expect(subscription).rejects.toThrow("left");
  });

  it("misses what is committed while the last page of the log is being sent", async () => {
    const node = await quietNode();
    const client = createClient();
    const height = node.context.network.dataShards.get(SHARD)!.height();
    const release = client.hold();
    const request = { eventTypes: [HubEventType.BLOCK_CONFIRMED], shardIndex: SHARD };
    const fromId = height << 14n;
    const subscription = subscribe({ ...request, fromId }, client.stream, node.context);
    await node.produceBlock();
    release();
    // Listening begins once the page is out.
    await new Promise(setImmediate);
    await node.produceBlock();
    await expect.poll(() => client.blocks, PATIENT).toEqual([height, height + 2n]);

    client.leave();
    await expect(subscription).rejects.toThrow("left");
  });
});
