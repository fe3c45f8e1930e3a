// Pauses and silence by a clock that is not the system's: hours of them, in no time.
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHastyClock, createTestClock } from "../../../test/support/test-clock.ts";
import { firstEventIdOf } from "../src/index.ts";
import { clientOn } from "./support/client-on.ts";
import { eventually } from "./support/eventually.ts";
import type { TestNode } from "./support/test-node.ts";
import { grpcFailure, stall, startTestNode } from "./support/test-node.ts";
import { aBlockConfirmed } from "./support/wire-values.ts";

const HOUR_MS = 3_600_000;

let node: TestNode;

beforeEach(async () => {
  node = await startTestNode();
});
afterEach(() => node.close());

describe("a client with a clock", () => {
  it("waits for its retries by it", async () => {
    let tries = 0;
    node.answer("getFids", () => {
      tries += 1;
      if (tries < 5) throw grpcFailure(status.UNAVAILABLE, "restarting");
      return { fids: [3n], nextPageToken: undefined };
    });
    const clock = createHastyClock();
    const retry = { attempts: 5, baseDelayMs: HOUR_MS, maxDelayMs: 24 * HOUR_MS };
    const { client, retries } = clientOn(node, { retry, clock });

    const { fids } = await client.hub.getFids({ shardId: 1 });

    expect(fids).toEqual([3n]);
    const delays = retries.map(({ delayMs }) => delayMs);
    expect(delays).toHaveLength(4);
    expect(clock.elapsed()).toBeCloseTo(
      delays.reduce((sum, delayMs) => sum + delayMs, 0),
      3,
    );
    await client.close();
  });

  it("takes a stream for silent by it, and waits by it before it connects again", async () => {
    let runs = 0;
    node.answer("subscribe", async function* (_request, call) {
      runs += 1;
      yield aBlockConfirmed(BigInt(4 + runs));
      await stall(call);
    });
    const clock = createTestClock();
    const retry = { baseDelayMs: HOUR_MS, maxDelayMs: HOUR_MS };
    const { client, retries } = clientOn(node, { retry, clock });
    const events = client
      .subscribe({ shardId: 1, fromId: firstEventIdOf(5n) }, { idleTimeoutMs: HOUR_MS })
      [Symbol.asyncIterator]();
    // The wait for the first event is a wait, too.
    await events.next();

    const next = events.next();
    await eventually(() => expect(clock.waits()).toEqual([HOUR_MS]));
    clock.advance(HOUR_MS - 1);
    expect(retries).toEqual([]);
    clock.advance(1);
    await eventually(() => expect(retries).toHaveLength(1));
    expect(retries[0]?.error.code).toBe("deadline_exceeded");
    await eventually(() => expect(clock.waits()).toHaveLength(1));
    expect(clock.waits()[0]).toBeCloseTo(retries[0]?.delayMs ?? 0, 3);
    clock.advance(HOUR_MS);

    expect((await next).value).toEqual(aBlockConfirmed(6n));
    await events.return?.();
    // Nothing waits for a client that is closed.
    await client.close();
    expect(clock.waits()).toEqual([]);
  });
});
