import { status } from "@grpc/grpc-js";
import { Block, ShardChunk, ShardChunksResponse } from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestClient } from "../support/client-on.ts";
import { clientOn } from "../support/client-on.ts";
import { collect, rejectionOf } from "../support/eventually.ts";
import type { TestNode } from "../support/test-node.ts";
import { grpcFailure, stall, startTestNode } from "../support/test-node.ts";
import { aBlock, aShardChunk } from "../support/wire-values.ts";

let node: TestNode;
let test: TestClient;
beforeEach(async () => {
  node = await startTestNode();
  test = clientOn(node);
});
afterEach(async () => {
  await test.client.close();
  node.close();
});

const numbersOf = (blocks: readonly Block[]) =>
  blocks.map(({ header }) => header?.height?.blockNumber);

describe("readBlocks()", () => {
  it("streams the blocks of the range and ends where the node ends", async () => {
    node.answer("getBlocks", async function* () {
      yield* [aBlock(3n), aBlock(4n), aBlock(7n)];
    });

    const blocks = await collect(test.client.readBlocks({ startBlock: 3n, stopBlock: 9n }));

    expect(numbersOf(blocks)).toEqual([3n, 4n, 7n]);
    expect(node.requests("getBlocks")).toMatchObject([
      { startBlockNumber: 3n, stopBlockNumber: 9n },
    ]);
  });

  it("goes on after the last block when the stream is cut", async () => {
    node.answer("getBlocks", async function* ({ startBlockNumber }) {
      yield aBlock(startBlockNumber);
      if (startBlockNumber < 5n) throw grpcFailure(status.UNAVAILABLE, "restarting");
    });

    const blocks = await collect(test.client.readBlocks({ startBlock: 4n }));

    expect(numbersOf(blocks)).toEqual([4n, 5n]);
    expect(node.requests("getBlocks")).toMatchObject([
      { startBlockNumber: 4n },
      { startBlockNumber: 5n },
    ]);
  });

  it("asks for nothing more when the stream is cut after the last block of the range", async () => {
    node.answer("getBlocks", async function* () {
      yield aBlock(4n);
      throw grpcFailure(status.UNAVAILABLE, "restarting");
    });

    const blocks = await collect(test.client.readBlocks({ startBlock: 4n, stopBlock: 5n }));

    expect(numbersOf(blocks)).toEqual([4n]);
    expect(node.seen).toHaveLength(1);
  });

  it("gives up after as many failures in a row as there are attempts", async () => {
    node.answer("getBlocks", async function* () {
      yield* [];
      throw grpcFailure(status.UNAVAILABLE, "restarting");
    });

    const error = await rejectionOf(collect(test.client.readBlocks({ startBlock: 4n })));

    expect(error).toMatchObject({ code: "unavailable" });
    expect(node.seen).toHaveLength(3);
    expect(test.retries.map(({ method }) => method)).toEqual([
      "/HubService/GetBlocks",
      "/HubService/GetBlocks",
    ]);
  });

  it("opens the stream again when it falls silent", async () => {
    node.answer("getBlocks", async function* ({ startBlockNumber }, call) {
      yield aBlock(startBlockNumber);
      if (startBlockNumber < 5n) await stall(call);
    });

    const blocks = await collect(
      test.client.readBlocks({ startBlock: 4n }, { idleTimeoutMs: 500 }),
    );

    expect(numbersOf(blocks)).toEqual([4n, 5n]);
    expect(test.retries.map(({ error }) => error.code)).toEqual(["deadline_exceeded"]);
  });

  it.each([
    ["before the one asked for", [aBlock(2n)]],
    ["twice", [aBlock(3n), aBlock(3n)]],
    ["out of order", [aBlock(4n), aBlock(3n)]],
    ["without a header", [Block.create()]],
  ])("refuses a block that comes %s", async (_how, blocks) => {
    node.answer("getBlocks", async function* () {
      yield* blocks;
    });

    const error = await rejectionOf(collect(test.client.readBlocks({ startBlock: 3n })));

    expect(error).toMatchObject({ code: "malformed_response", method: "/HubService/GetBlocks" });
    expect(node.seen).toHaveLength(1);
  });

  it("refuses an idle timeout that is none", () => {
    const options = { idleTimeoutMs: 0 };

    expect(() => test.client.readBlocks({ startBlock: 3n }, options)).toThrow(TypeError);
  });
});

describe("readShardChunks()", () => {
  const range = (startBlock: bigint, stopBlock: bigint) => ({ shardId: 1, startBlock, stopBlock });

  it("asks for at most 100 chunks at a time and stops before stopBlock", async () => {
    node.answer("getShardChunks", ({ startBlockNumber }) =>
      ShardChunksResponse.create({ shardChunks: [aShardChunk(startBlockNumber)] }),
    );

    const chunks = await collect(test.client.readShardChunks(range(10n, 215n)));

    expect(chunks).toEqual([[aShardChunk(10n)], [aShardChunk(110n)], [aShardChunk(210n)]]);
    expect(node.requests("getShardChunks")).toMatchObject([
      { shardId: 1, startBlockNumber: 10n, stopBlockNumber: 110n },
      { shardId: 1, startBlockNumber: 110n, stopBlockNumber: 210n },
      { shardId: 1, startBlockNumber: 210n, stopBlockNumber: 215n },
    ]);
  });

  it("leaves out ranges of which the node has nothing", async () => {
    node.answer("getShardChunks", ({ startBlockNumber }) =>
      ShardChunksResponse.create({
        shardChunks: startBlockNumber < 101n ? [] : [aShardChunk(startBlockNumber)],
      }),
    );

    expect(await collect(test.client.readShardChunks(range(1n, 102n)))).toEqual([
      [aShardChunk(101n)],
    ]);
  });

  it.each([
    ["before the one asked for", [aShardChunk(2n)]],
    ["out of order", [aShardChunk(4n), aShardChunk(3n)]],
    ["without a header", [ShardChunk.create()]],
  ])("refuses a chunk that comes %s", async (_how, shardChunks) => {
    node.answer("getShardChunks", () => ShardChunksResponse.create({ shardChunks }));

    const error = await rejectionOf(collect(test.client.readShardChunks(range(3n, 9n))));

    expect(error).toMatchObject({ code: "malformed_response" });
  });

  it("fails with unknown_shard at a node that does not host the shard", async () => {
    node.answer("getShardChunks", () => {
      throw grpcFailure(status.UNKNOWN, "Missing shard store");
    });

    const error = await rejectionOf(collect(test.client.readShardChunks(range(1n, 2n))));

    expect(error).toMatchObject({ code: "unknown_shard" });
  });
});
