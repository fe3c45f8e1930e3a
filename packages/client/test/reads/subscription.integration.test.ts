import { status } from "@grpc/grpc-js";
import type { HubEvent } from "@snaprag/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SubscribeOptions } from "../../src/index.ts";
import { firstEventIdOf } from "../../src/index.ts";
import type { TestClient } from "../support/client-on.ts";
import { clientOn } from "../support/client-on.ts";
import { collect, eventually, rejectionOf } from "../support/eventually.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import type { TestNode } from "../support/test-node.ts";
import { grpcFailure, stall, startTestNode } from "../support/test-node.ts";
import { aBlockConfirmed, aKeyEvent, aMergeEvent } from "../support/wire-values.ts";

let node: TestNode;
let proxy: TcpProxy;
let test: TestClient;
beforeEach(async () => {
  node = await startTestNode();
  proxy = await startTcpProxy(node.port);
  test = clientOn(proxy);
});
afterEach(async () => {
  await test.client.close();
  proxy.close();
  node.close();
});

const fromId = firstEventIdOf(5n);

/** One run of the stream for each list of events; a run ends, or fails, or stalls after its list. */
type Run = { readonly events: readonly HubEvent[]; readonly sequel?: "end" | "fail" | "stall" };

function answerRuns(...runs: readonly Run[]): void {
  let index = 0;
  node.answer("subscribe", async function* (_request, call) {
    const { events, sequel = "end" } = runs[index++] ?? { events: [], sequel: "stall" };
    yield* events;
    if (sequel === "fail") throw grpcFailure(status.UNAVAILABLE, "restarting");
    if (sequel === "stall") await stall(call);
  });
}

/** The first events of a subscription, which is then left. */
async function take(count: number, options: SubscribeOptions = {}): Promise<HubEvent[]> {
  const events: HubEvent[] = [];
  for await (const event of test.client.subscribe({ shardId: 1, fromId }, options)) {
    if (events.push(event) === count) break;
  }
  return events;
}

const resumePoints = () => node.requests("subscribe").map((request) => request.fromId);

describe("subscribe()", () => {
  it("asks for every event type of the shard, from the id given", async () => {
    answerRuns({ events: [aBlockConfirmed(5n), aMergeEvent(5n, 1n)], sequel: "stall" });

    expect(await take(2)).toEqual([aBlockConfirmed(5n), aMergeEvent(5n, 1n)]);

    const [request] = node.requests("subscribe");
    expect(request).toMatchObject({ shardIndex: 1, fromId });
    expect(request?.eventTypes?.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 6, 9, 10, 11, 12]);
  });

  it("asks for events to come when no id is given", async () => {
    answerRuns({ events: [aBlockConfirmed(5n)], sequel: "stall" });

    for await (const _event of test.client.subscribe({ shardId: 2 })) break;

    const [request] = node.requests("subscribe");
    expect(request).toMatchObject({ shardIndex: 2, fromId: undefined });
  });

  it.each(["end", "fail"] as const)(
    "resumes at the block in progress after an %s, so that it repeats and never skips",
    async (sequel) => {
      answerRuns(
        { events: [aBlockConfirmed(5n), aMergeEvent(5n, 1n)], sequel },
        { events: [aBlockConfirmed(6n), aMergeEvent(6n, 1n), aMergeEvent(6n, 2n)], sequel },
        { events: [aBlockConfirmed(6n)], sequel: "stall" },
      );

      const events = await take(6);

      expect(events.at(-1)).toEqual(aBlockConfirmed(6n));
      expect(resumePoints()).toEqual([fromId, firstEventIdOf(5n), firstEventIdOf(6n)]);
    },
  );

  it("resumes at the block confirmed last when the node has skipped to a later one", async () => {
    answerRuns(
      { events: [aBlockConfirmed(5n), aMergeEvent(9n, 3n)] },
      { events: [aBlockConfirmed(5n)], sequel: "stall" },
    );

    await take(3);

    expect(resumePoints()).toEqual([fromId, firstEventIdOf(5n)]);
  });

  it("does not go back when the node repeats an older block", async () => {
    answerRuns(
      { events: [aBlockConfirmed(7n), aBlockConfirmed(6n)] },
      { events: [aBlockConfirmed(7n)], sequel: "stall" },
    );

    await take(3);

    expect(resumePoints()).toEqual([fromId, firstEventIdOf(7n)]);
  });

  it("resumes where it was told to start when nothing came", async () => {
    answerRuns({ events: [] }, { events: [aBlockConfirmed(5n)], sequel: "stall" });

    await take(1);

    expect(resumePoints()).toEqual([fromId, fromId]);
  });

  it("resumes at the start of the block it came in on", async () => {
    answerRuns(
      { events: [aKeyEvent(), aMergeEvent(8n, 3n), aMergeEvent(8n, 4n)] },
      { events: [aBlockConfirmed(8n)], sequel: "stall" },
    );

    const events: HubEvent[] = [];
    for await (const event of test.client.subscribe({ shardId: 1 })) {
      if (events.push(event) === 4) break;
    }

    expect(resumePoints()).toEqual([undefined, firstEventIdOf(8n)]);
  });

  it("passes on events without an id and takes none of them for a position", async () => {
    answerRuns(
      { events: [aBlockConfirmed(5n), aKeyEvent()] },
      { events: [aBlockConfirmed(6n)], sequel: "stall" },
    );

    expect((await take(3))[1]).toEqual(aKeyEvent());

    expect(resumePoints()).toEqual([fromId, firstEventIdOf(5n)]);
  });

  it("counts failures in a row and reports each one", async () => {
    answerRuns({ events: [] }, { events: [], sequel: "fail" }, { events: [aBlockConfirmed(5n)] });

    await take(1);

    expect(test.retries).toMatchObject([
      { failureCount: 1, method: "/HubService/Subscribe", error: { code: "unavailable" } },
      { failureCount: 2, error: { code: "unavailable", details: "restarting" } },
    ]);
  });

  it("reconnects more often than a unary call is tried", async () => {
    const failing = Array.from({ length: 8 }, (): Run => ({ events: [], sequel: "fail" }));
    answerRuns(...failing, { events: [aBlockConfirmed(5n)] });

    await take(1);

    expect(test.retries).toHaveLength(8);
  });

  it("reconnects when the connection breaks", async () => {
    answerRuns(
      { events: [aBlockConfirmed(5n)], sequel: "stall" },
      { events: [aBlockConfirmed(6n)], sequel: "stall" },
    );
    const events = test.client.subscribe({ shardId: 1, fromId })[Symbol.asyncIterator]();
    await events.next();

    proxy.cut();

    expect((await events.next()).value).toEqual(aBlockConfirmed(6n));
    expect(resumePoints()).toEqual([fromId, firstEventIdOf(5n)]);
    await events.return?.();
  });

  it("reconnects when the node falls silent", async () => {
    answerRuns(
      { events: [aBlockConfirmed(5n)], sequel: "stall" },
      { events: [aBlockConfirmed(6n)], sequel: "stall" },
    );

    expect(await take(2, { idleTimeoutMs: 500 })).toHaveLength(2);

    expect(test.retries.map(({ error }) => error.code)).toEqual(["deadline_exceeded"]);
    await eventually(() => expect(node.openCallCount()).toBe(0));
  });

  it("leaves a connection that has died silently for a new one", async () => {
    answerRuns(
      { events: [aBlockConfirmed(5n)], sequel: "stall" },
      { events: [aBlockConfirmed(6n)], sequel: "stall" },
    );
    const events = test.client
      .subscribe({ shardId: 1, fromId }, { idleTimeoutMs: 1000 })
      [Symbol.asyncIterator]();
    await events.next();

    proxy.freeze();

    expect((await events.next()).value).toEqual(aBlockConfirmed(6n));
    expect(proxy.connectionCount()).toBe(2);
    await events.return?.();
  });

  it("does not take a slow consumer for a silent node", async () => {
    answerRuns({ events: [aBlockConfirmed(5n), aBlockConfirmed(6n)], sequel: "stall" });
    const idleTimeoutMs = 1000;
    const events: HubEvent[] = [];

    for await (const event of test.client.subscribe({ shardId: 1, fromId }, { idleTimeoutMs })) {
      if (events.push(event) === 2) break;
      // The consumer works for longer than the node may be silent.
      const workingUntil = performance.now() + 1.2 * idleTimeoutMs;
      await eventually(() => expect(performance.now()).toBeGreaterThan(workingUntil));
    }

    expect(test.retries).toHaveLength(0);
    expect(node.seen).toHaveLength(1);
  });

  it("leaves events that nobody pulls with the node", async () => {
    let sent = 0;
    const reason = "x".repeat(10_000);
    node.answer("subscribe", async function* () {
      for (let block = 5n; ; block++, sent++) {
        const value = { message: undefined, code: "", reason };
        yield { ...aBlockConfirmed(block), body: { $case: "mergeFailure", value } };
      }
    });
    const client = clientOn(node, { flowControlWindowBytes: 65_535 }).client;
    const events = client.subscribe({ shardId: 1, fromId })[Symbol.asyncIterator]();
    await events.next();

    // Twenty answers of the same node later, it has not sent a single event more.
    let sentUnpulled: number;
    do {
      sentUnpulled = sent;
      for (let call = 0; call < 20; call++) await rejectionOf(client.hub.getInfo());
    } while (sent > sentUnpulled && sent < 2000);
    for (let pulled = 0; pulled < 1000; pulled++) await events.next();

    // The window and a few messages: far less than what came when pulled.
    expect(sentUnpulled).toBeLessThan(200);
    expect(sent).toBeGreaterThanOrEqual(1000);
    await events.return?.();
    await client.close();
  });

  it("ends with a failure that retrying cannot fix", async () => {
    node.answer("subscribe", async function* () {
      yield* [];
      throw grpcFailure(status.UNKNOWN, "Invalid shard id: 9");
    });

    const error = await rejectionOf(collect(test.client.subscribe({ shardId: 9 })));

    expect(error).toMatchObject({ code: "unknown_shard", method: "/HubService/Subscribe" });
    expect(node.seen).toHaveLength(1);
  });

  it("ends at an event that cannot be decoded", async () => {
    node.answer("subscribe", async function* () {
      yield aBlockConfirmed(5n);
      yield Uint8Array.of(0xff, 0xff);
    });

    const error = await rejectionOf(collect(test.client.subscribe({ shardId: 1, fromId })));

    expect(error).toMatchObject({ code: "malformed_response" });
    expect(node.seen).toHaveLength(1);
  });

  it("ends by abort while it waits to reconnect", async () => {
    answerRuns({ events: [], sequel: "fail" });
    const aborting = new AbortController();
    const reason = new Error("enough");
    const patient = clientOn(node, {
      retry: { baseDelayMs: 1_000_000, maxDelayMs: 1_000_000 },
      onRetry: () => queueMicrotask(() => aborting.abort(reason)),
    });

    const events = patient.client.subscribe({ shardId: 1 }, { signal: aborting.signal });

    expect(await rejectionOf(collect(events))).toBe(reason);
    await patient.client.close();
  });

  it("without reconnecting ends when the node ends the stream", async () => {
    answerRuns({ events: [aBlockConfirmed(5n)] });

    const events = await collect(
      test.client.subscribe({ shardId: 1, fromId }, { reconnect: false }),
    );

    expect(events).toEqual([aBlockConfirmed(5n)]);
    expect(node.seen).toHaveLength(1);
  });

  it("without reconnecting throws the first failure", async () => {
    answerRuns({ events: [aBlockConfirmed(5n)], sequel: "fail" });

    const events = test.client.subscribe({ shardId: 1, fromId }, { reconnect: false });

    expect(await rejectionOf(collect(events))).toMatchObject({ code: "unavailable" });
    expect(node.seen).toHaveLength(1);
    expect(test.retries).toHaveLength(0);
  });

  it("refuses to replay everything by starting at 0", () => {
    expect(() => test.client.subscribe({ shardId: 1, fromId: 0n })).toThrow(
      "Expected `fromId` to be an event id of at least 16384, got 0",
    );
  });

  it("refuses an idle timeout that is none", () => {
    expect(() => test.client.subscribe({ shardId: 1 }, { idleTimeoutMs: -1 })).toThrow(TypeError);
  });
});
