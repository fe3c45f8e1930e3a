// However the iteration of a stream or read ends, nothing of it stays behind: no call at the node,
// no listener on the signal, no rejection that nobody handles.
import { getEventListeners } from "node:events";
import { status } from "@grpc/grpc-js";
import {
  EventsResponse,
  GetShardTransactionsResponse,
  MessagesResponse,
  ShardChunksResponse,
} from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeClient } from "../src/index.ts";
import { firstEventIdOf } from "../src/index.ts";
import { clientOn } from "./support/client-on.ts";
import { eventually, rejectionOf } from "./support/eventually.ts";
import type { ServedCall, TestNode } from "./support/test-node.ts";
import { grpcFailure, stall, startTestNode } from "./support/test-node.ts";
import { aBlock, aBlockConfirmed, aMessage, aShardChunk } from "./support/wire-values.ts";

/** What the node does after the first item: nothing for ever, or fail for good. */
type Sequel = (call: ServedCall) => Promise<never>;

const failForGood: Sequel = async () => {
  throw grpcFailure(status.INVALID_ARGUMENT, "no more of this");
};

interface Subject {
  readonly name: string;
  /** Has the node serve one item, and then the sequel. */
  answer(node: TestNode, sequel: Sequel): void;
  open(client: NodeClient, signal: AbortSignal | undefined): AsyncIterable<unknown>;
  /** Whether the call for more is made before the consumer asks. */
  readonly isAhead: boolean;
}

const startId = firstEventIdOf(5n);

const subjects: readonly Subject[] = [
  {
    name: "hub.subscribe()",
    answer: (node, sequel) =>
      node.answer("subscribe", async function* (_request, call) {
        yield aBlockConfirmed(5n);
        await sequel(call);
      }),
    open: (client, signal) => client.hub.subscribe({}, { signal }),
    isAhead: true,
  },
  {
    name: "subscribe()",
    answer: (node, sequel) =>
      node.answer("subscribe", async function* (_request, call) {
        yield aBlockConfirmed(5n);
        await sequel(call);
      }),
    open: (client, signal) => client.subscribe({ shardId: 1 }, { signal }),
    isAhead: true,
  },
  {
    name: "readBlocks()",
    answer: (node, sequel) =>
      node.answer("getBlocks", async function* (_request, call) {
        yield aBlock(5n);
        await sequel(call);
      }),
    open: (client, signal) => client.readBlocks({ startBlock: 5n }, { signal }),
    isAhead: true,
  },
  {
    name: "readSnapshotPages()",
    answer: (node, sequel) =>
      node.answer("getShardTransactions", async ({ pageToken }, call) =>
        pageToken
          ? await sequel(call)
          : GetShardTransactionsResponse.create({ nextPageToken: "1" }),
      ),
    open: (client, signal) =>
      client.readSnapshotPages({ shardId: 1, height: 1n, virtualShard: 0 }, { signal }),
    isAhead: true,
  },
  {
    name: "readEvents()",
    answer: (node, sequel) =>
      node.answer("getEvents", async ({ startId: from }, call) =>
        from > startId
          ? await sequel(call)
          : EventsResponse.create({ events: [aBlockConfirmed(5n)] }),
      ),
    open: (client, signal) => client.readEvents({ shardId: 1, startId, pageSize: 1 }, { signal }),
    isAhead: false,
  },
  {
    name: "readShardChunks()",
    answer: (node, sequel) =>
      node.answer("getShardChunks", async ({ startBlockNumber }, call) =>
        startBlockNumber > 5n
          ? await sequel(call)
          : ShardChunksResponse.create({ shardChunks: [aShardChunk(5n)] }),
      ),
    open: (client, signal) =>
      client.readShardChunks({ shardId: 1, startBlock: 5n, stopBlock: 500n }, { signal }),
    isAhead: false,
  },
  {
    name: "readMessages()",
    answer: (node, sequel) =>
      node.answer("getAllCastMessagesByFid", async ({ pageToken }, call) =>
        pageToken
          ? await sequel(call)
          : MessagesResponse.create({
              messages: [aMessage(Uint8Array.of(1))],
              nextPageToken: Uint8Array.of(1),
            }),
      ),
    open: (client, signal) =>
      client.readMessages("getAllCastMessagesByFid", { fid: 1n }, { signal }),
    isAhead: false,
  },
];

let node: TestNode;
let client: NodeClient;
let aborting: AbortController;
/** The signals that calls listen to: each combines the caller's with the client's own. */
let combined: AbortSignal[];
const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => unhandled.push(reason);

beforeEach(async () => {
  node = await startTestNode();
  client = clientOn(node).client;
  aborting = new AbortController();
  combined = [];
  const any = AbortSignal.any.bind(AbortSignal);
  vi.spyOn(AbortSignal, "any").mockImplementation((signals) => {
    const signal = any(signals);
    combined.push(signal);
    return signal;
  });
  unhandled.length = 0;
  process.on("unhandledRejection", noteUnhandled);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await client.close();
  node.close();
  process.off("unhandledRejection", noteUnhandled);
});

async function expectNothingLeft(): Promise<void> {
  await eventually(() => {
    expect(node.openCallCount()).toBe(0);
    for (const signal of combined) expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
  // A rejection counts as unhandled once the microtasks have run.
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
}

describe.each(subjects)("$name leaves nothing behind", ({ answer, open, isAhead }) => {
  const openCallsAhead = isAhead ? 1 : 0;

  it("when the consumer breaks", async () => {
    answer(node, stall);

    for await (const _item of open(client, aborting.signal)) {
      await eventually(() => expect(node.openCallCount()).toBe(openCallsAhead));
      break;
    }

    await expectNothingLeft();
  });

  it("when the consumer throws", async () => {
    answer(node, stall);
    const mistake = new Error("the consumer's own");
    const consume = async () => {
      for await (const _item of open(client, aborting.signal)) throw mistake;
    };

    expect(await rejectionOf(consume())).toBe(mistake);

    await expectNothingLeft();
  });

  it("when aborted while it waits for the node", async () => {
    answer(node, stall);
    const reason = new Error("enough");
    const items = open(client, aborting.signal)[Symbol.asyncIterator]();
    await items.next();
    const pending = rejectionOf(items.next());
    await eventually(() => expect(node.openCallCount()).toBe(1));

    aborting.abort(reason);

    expect(await pending).toBe(reason);
    await expectNothingLeft();
  });

  it("when aborted while the consumer works", async () => {
    answer(node, stall);
    const reason = new Error("enough");
    const items = open(client, aborting.signal)[Symbol.asyncIterator]();
    await items.next();

    aborting.abort(reason);
    await eventually(() => expect(node.openCallCount()).toBe(0));

    expect(await rejectionOf(items.next())).toBe(reason);
    await expectNothingLeft();
  });

  it("when the node fails", async () => {
    answer(node, failForGood);
    const items = open(client, aborting.signal)[Symbol.asyncIterator]();
    await items.next();

    expect(await rejectionOf(items.next())).toMatchObject({ code: "invalid_argument" });

    await expectNothingLeft();
  });

  it("when the node fails and the consumer never asks again", async () => {
    answer(node, failForGood);

    for await (const _item of open(client, aborting.signal)) {
      await eventually(() => expect(node.openCallCount()).toBe(0));
      break;
    }

    await expectNothingLeft();
  });

  it("when it is never iterated", async () => {
    answer(node, stall);

    open(client, aborting.signal);

    expect(node.seen).toHaveLength(0);
    await expectNothingLeft();
  });

  it("after its loop ended, and yields nothing more", async () => {
    answer(node, stall);
    const items = open(client, undefined)[Symbol.asyncIterator]();
    await items.next();

    await items.return?.();

    expect(await items.next()).toEqual({ done: true, value: undefined });
    await expectNothingLeft();
  });
});
