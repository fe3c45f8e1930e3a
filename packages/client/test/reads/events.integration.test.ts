import { setTimeout as delay } from "node:timers/promises";
import type { HubEvent } from "@snaprag/proto";
import { EventsResponse } from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeClient } from "../../src/index.ts";
import { firstEventIdOf } from "../../src/index.ts";
import { clientOn } from "../support/client-on.ts";
import { collect, rejectionOf } from "../support/eventually.ts";
import type { TestNode } from "../support/test-node.ts";
import { startTestNode } from "../support/test-node.ts";
import { aBlockConfirmed, aMergeEvent } from "../support/wire-values.ts";

let node: TestNode;
let client: NodeClient;
beforeEach(async () => {
  node = await startTestNode();
  client = clientOn(node).client;
});
afterEach(async () => {
  await client.close();
  node.close();
});

const startId = firstEventIdOf(5n);
const stored = [
  aBlockConfirmed(5n),
  aMergeEvent(5n, 1n),
  aBlockConfirmed(6n),
  aMergeEvent(6n, 1n),
  aMergeEvent(6n, 2n),
];

/** Serves stored events as a node does: inclusive start, exclusive stop, always a token. */
function answerEvents(events: readonly HubEvent[]): void {
  node.answer("getEvents", ({ startId: from, stopId, pageSize }) => {
    const page = events.filter(({ id }) => id >= from && (stopId === undefined || id < stopId));
    return EventsResponse.create({
      events: page.slice(0, pageSize),
      nextPageToken: new TextEncoder().encode("[null]"),
    });
  });
}

describe("readEvents()", () => {
  it("pages by the id after the last event, and ends with a short page", async () => {
    answerEvents(stored);

    const pages = await collect(client.readEvents({ shardId: 1, startId, pageSize: 2 }));

    expect(pages).toEqual([stored.slice(0, 2), stored.slice(2, 4), stored.slice(4)]);
    expect(node.requests("getEvents")).toMatchObject([
      { shardIndex: 1, startId, pageSize: 2, pageToken: undefined },
      { startId: firstEventIdOf(5n) + 2n, pageToken: undefined },
      { startId: firstEventIdOf(6n) + 2n, pageToken: undefined },
    ]);
  });

  it("fetches one page ahead while the consumer works, and no more", async () => {
    answerEvents(stored);
    const pages = client.readEvents({ shardId: 1, startId, pageSize: 1 })[Symbol.asyncIterator]();

    expect(node.requests("getEvents")).toHaveLength(0);
    expect((await pages.next()).value).toEqual(stored.slice(0, 1));
    await expect.poll(() => node.requests("getEvents")).toHaveLength(2);
    await delay(20);
    expect(node.requests("getEvents")).toHaveLength(2);
    expect((await pages.next()).value).toEqual(stored.slice(1, 2));
    await pages.return?.();
  });

  it("asks once more after a full last page, and yields no empty page", async () => {
    answerEvents(stored.slice(0, 4));

    const pages = await collect(client.readEvents({ shardId: 1, startId, pageSize: 2 }));

    expect(pages).toHaveLength(2);
    expect(node.seen).toHaveLength(3);
  });

  it("asks for 1000 events at a time by default", async () => {
    answerEvents([]);

    await collect(client.readEvents({ shardId: 2, startId }));

    expect(node.requests("getEvents")).toMatchObject([{ shardIndex: 2, pageSize: 1000 }]);
  });

  it("stops before stopId, without asking for what cannot be", async () => {
    answerEvents(stored);
    const stopId = firstEventIdOf(5n) + 2n;

    const pages = await collect(client.readEvents({ shardId: 1, startId, stopId, pageSize: 2 }));

    expect(pages).toEqual([stored.slice(0, 2)]);
    expect(node.requests("getEvents")).toMatchObject([{ stopId }]);
  });

  it("reads nothing of an empty range", async () => {
    expect(await collect(client.readEvents({ shardId: 1, startId, stopId: startId }))).toEqual([]);
    expect(node.seen).toHaveLength(0);
  });

  it.each([
    ["before the one asked for", [aBlockConfirmed(4n)]],
    ["twice", [aBlockConfirmed(5n), aBlockConfirmed(5n)]],
    ["out of order", [aMergeEvent(5n, 2n), aMergeEvent(5n, 1n)]],
  ])("refuses an event that comes %s", async (_how, events) => {
    node.answer("getEvents", () => EventsResponse.create({ events }));

    const error = await rejectionOf(collect(client.readEvents({ shardId: 1, startId })));

    expect(error).toMatchObject({ code: "malformed_response", method: "/HubService/GetEvents" });
  });

  it("refuses a page that leads back", async () => {
    node.answer("getEvents", () => EventsResponse.create({ events: stored.slice(0, 2) }));

    const pages = client.readEvents({ shardId: 1, startId, pageSize: 2 });

    expect(await rejectionOf(collect(pages))).toMatchObject({ code: "malformed_response" });
    expect(node.seen).toHaveLength(2);
  });

  it("refuses to start among the leftovers of a node's bootstrap", () => {
    expect(() => client.readEvents({ shardId: 1, startId: 16_383n })).toThrow(
      "Expected `startId` to be an event id of at least 16384, got 16383",
    );
  });

  it("refuses a page size that is none", () => {
    expect(() => client.readEvents({ shardId: 1, startId, pageSize: 0 })).toThrow(TypeError);
  });
});
