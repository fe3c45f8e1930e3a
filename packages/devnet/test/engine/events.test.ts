// The event log and the broadcast: docs/protocol.md 1.1, 1.3, 1.4, 1.7.
import type { HubEvent } from "@snaprag/proto";
import { HubEvent as HubEventCodec } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBroadcast } from "../../src/engine/events/broadcast.ts";
import type { EventLog } from "../../src/engine/events/event-log.ts";
import { createEventLog, eventId } from "../../src/engine/events/event-log.ts";

function event(block: number, sequence: number): HubEvent {
  return {
    ...HubEventCodec.decode(new Uint8Array()),
    id: eventId(BigInt(block), BigInt(sequence)),
    timestamp: BigInt(block * 10),
  };
}

/** Blocks 1 to n with so many events each. */
function logOf(sizes: readonly number[]): { log: EventLog; all: HubEvent[] } {
  const log = createEventLog();
  const all = sizes.map((size, index) =>
    Array.from({ length: size }, (_, sequence) => event(index + 1, sequence)),
  );
  for (const [index, events] of all.entries()) log.append(BigInt(index + 1), events);
  return { log, all: all.flat() };
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
const bound = fc.tuple(fc.nat(14), fc.nat(6)).map(([block, sequence]) => event(block, sequence).id);

describe("createEventLog()", () => {
  it("reads exactly the events of a range, in either direction", () => {
    fc.assert(
      fc.property(sizes, bound, fc.option(bound), fc.boolean(), (counts, fromId, to, isReverse) => {
        const { log, all } = logOf(counts);
        const toId = to ?? undefined;
        const expected = all.filter(({ id }) => id >= fromId && (toId === undefined || id < toId));

        const read = log.read({ fromId, toId, limit: 1000, isReverse });
        expect(read.map(({ id }) => id)).toEqual(
          (isReverse ? expected.reverse() : expected).map(({ id }) => id),
        );
      }),
    );
  });

  it("reads no more than the limit", () => {
    const { log } = logOf([3, 3]);

    expect(log.read({ fromId: 0n, limit: 4 })).toHaveLength(4);
    expect(log.read({ fromId: 0n, limit: 0 })).toEqual([]);
  });

  it("finds an event by its id", () => {
    const { log } = logOf([2, 3]);

    expect(log.find(eventId(2n, 2n))?.id).toBe(eventId(2n, 2n));
    expect(log.find(eventId(2n, 3n))).toBeUndefined();
    expect(log.find(eventId(9n, 0n))).toBeUndefined();
  });

  it("drops whole blocks from before a time, and reads on from what is left", () => {
    const { log } = logOf([2, 2, 2]);
    log.dropBefore(20n);

    expect(log.read({ fromId: 0n, limit: 10 })[0]?.id).toBe(eventId(2n, 0n));
    expect(log.find(eventId(1n, 0n))).toBeUndefined();

    log.dropBefore(1000n);
    log.append(4n, [event(4, 0)]);
    expect(log.read({ fromId: 0n, limit: 10 }).map(({ id }) => id)).toEqual([
      eventId(3n, 0n),
      eventId(3n, 1n),
      eventId(4n, 0n),
    ]);
  });
});

describe("createBroadcast()", () => {
  const options = { signal: new AbortController().signal, onLag: () => {} };

  it("sends what is published after listening began, in order", async () => {
    const broadcast = createBroadcast<number>(10);
    broadcast.publish(1);
    const listener = broadcast.listen();
    const waiting = listener.next(options);
    broadcast.publish(2);
    broadcast.publish(3);

    expect([await waiting, await listener.next(options)]).toEqual([2, 3]);
  });

  it("loses the oldest items of a listener that falls behind, and tells only the sender", async () => {
    const broadcast = createBroadcast<number>(3);
    const listener = broadcast.listen();
    for (let item = 1; item <= 8; item++) broadcast.publish(item);
    const lost: number[] = [];
    const onLag = (count: number) => lost.push(count);
    const received = [];
    for (let count = 0; count < 3; count++)
      received.push(await listener.next({ ...options, onLag }));

    expect(received).toEqual([6, 7, 8]);
    expect(lost).toEqual([5]);
  });

  it("serves every listener at its own pace", async () => {
    const broadcast = createBroadcast<number>(10);
    const [first, second] = [broadcast.listen(), broadcast.listen()];
    broadcast.publish(1);
    broadcast.publish(2);

    expect([await first.next(options), await first.next(options)]).toEqual([1, 2]);
    expect(await second.next(options)).toBe(1);
  });

  it("stops waiting when aborted", async () => {
    const leaving = new AbortController();
    const waiting = createBroadcast<number>(1)
      .listen()
      .next({ signal: leaving.signal, onLag: () => {} });
    leaving.abort(new Error("gone"));

    await expect(waiting).rejects.toThrow("gone");
  });
});
