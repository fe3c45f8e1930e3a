import { createNodeClient } from "@snaprag/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { estimateSizes } from "../../../src/historical/plan/partition-sizes.ts";
import { startDevnet } from "../../support/mirrors.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

let devnet: Awaited<ReturnType<typeof startDevnet>>;
let client: ReturnType<typeof createNodeClient>;

beforeEach(async () => {
  devnet = await startDevnet({ users: 20, messages: 500 });
  client = createNodeClient({ endpoint: devnet.endpoint, retry: { attempts: 1 } });
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await devnet.stop();
});

function estimate(signal = new AbortController().signal) {
  const { logger } = createRecordingLogger();
  return estimateSizes({ nodes: { of: () => client }, signal, logger }, 1);
}

/** Leaves of shard 1 in the newest snapshot, by the first four bits of their virtual shards. */
async function countLeaves(): Promise<readonly number[]> {
  const [snapshot] = await client.listSnapshots(1);
  const counts: number[] = Array.from({ length: 16 }, () => 0);
  for (let virtualShard = 0; virtualShard < 256; virtualShard++) {
    const partition = { shardId: 1, height: snapshot?.height ?? 0n, virtualShard };
    for await (const { entries } of client.readSnapshotPages(partition)) {
      counts[virtualShard >> 4] = (counts[virtualShard >> 4] ?? 0) + entries.length;
    }
  }
  return counts;
}

it("gives a partition the leaves of all that share its first four bits", async () => {
  const counts = await countLeaves();
  const sizeOf = await estimate();

  expect(new Set(counts).size).toBeGreaterThan(3);
  expect(Array.from({ length: 256 }, (_, index) => sizeOf(index))).toEqual(
    Array.from({ length: 256 }, (_, index) => counts[index >> 4]),
  );
});

it("does without sizes when the node does not tell them", async () => {
  devnet.setFaults({ rpcErrors: [{ method: "GetTrieMetadataByPrefix", code: 13, message: "no" }] });

  const sizeOf = await estimate();

  expect([sizeOf(0), sizeOf(255)]).toEqual([0, 0]);
});

it("ends when the run does", async () => {
  await expect(estimate(AbortSignal.abort(new Error("the end")))).rejects.toThrow("the end");
});
