import { aBlockConfirmedEvent, aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { HubEvent } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBlockAssembler } from "../../src/realtime/block-assembler.ts";

/** A block's events: its confirmation, merges, and how many gasless keys it counts besides. */
function blockOf(blockNumber: bigint, mergeCount: number, gaslessCount = 0, seqnum = 0n) {
  const merges = Array.from({ length: mergeCount }, (_, index) =>
    aMergeMessageEvent(aCastAdd({ text: `${blockNumber}/${index}` }), [], {
      blockNumber,
      sequence: index + 1,
    }),
  );
  const confirmed = aBlockConfirmedEvent(
    {
      totalEvents: BigInt(1 + mergeCount + gaslessCount),
      eventCountsByType: {
        [HubEventType.BLOCK_CONFIRMED]: 1n,
        [HubEventType.MERGE_MESSAGE]: BigInt(mergeCount + gaslessCount),
      },
      maxBlockEventSeqnum: seqnum,
    },
    { blockNumber },
  );
  return [confirmed, ...merges];
}

const gaslessEvent: HubEvent = { ...aMergeMessageEvent(aCastAdd()), id: 0n };

describe("createBlockAssembler()", () => {
  it("completes a block when as many events are there as it says", () => {
    const assembler = createBlockAssembler(11n);
    const events = blockOf(11n, 2);

    const complete = events.map((event) => {
      assembler.add(event);
      return assembler.isComplete();
    });

    expect(complete).toEqual([false, false, true]);
    expect(assembler.take()).toMatchObject({ blockNumber: 11n, events });
    expect(assembler.nextBlock).toBe(12n);
  });

  it("completes a quiet block with its only event", () => {
    const assembler = createBlockAssembler(11n);
    for (const event of blockOf(11n, 0)) assembler.add(event);

    expect(assembler.isComplete()).toBe(true);
  });

  it("gives the same block whatever is repeated, in whatever order", () => {
    const events = [...blockOf(10n, 2), ...blockOf(11n, 4)];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(events),
        fc.shuffledSubarray(events, { minLength: events.length }),
        (some, all) => {
          const assembler = createBlockAssembler(11n);
          for (const event of [...some, ...all]) assembler.add(event);

          expect(assembler.isComplete()).toBe(true);
          expect(assembler.take().events).toEqual(blockOf(11n, 4));
        },
      ),
    );
  });

  it("takes the order of the node that answered last, whole", () => {
    const [confirmed, first, second, third] = blockOf(11n, 3);
    const swapped = [
      { ...third!, id: first!.id },
      { ...first!, id: second!.id },
      { ...second!, id: third!.id },
    ];
    const assembler = createBlockAssembler(11n);
    for (const event of [confirmed!, first!, third!]) assembler.add(event);

    for (const event of [confirmed!, ...swapped.slice(0, 2)]) assembler.add(event);
    expect(assembler.isComplete()).toBe(false);
    assembler.add(swapped[2]!);

    expect(assembler.isComplete()).toBe(true);
    expect(assembler.take().events).toEqual([confirmed, ...swapped]);
  });

  it("takes an event for the same one when only its time is missing", () => {
    const assembler = createBlockAssembler(11n);
    for (const event of blockOf(11n, 2)) assembler.add({ ...event, timestamp: 7n });
    for (const event of blockOf(11n, 1)) assembler.add(event);

    expect(assembler.isComplete()).toBe(true);
  });

  it("takes no event of a gasless key for one of the block, which may be another's", () => {
    const assembler = createBlockAssembler(11n);
    const [confirmed, first, second] = blockOf(11n, 2);

    for (const event of [confirmed!, first!, gaslessEvent]) assembler.add(event);
    expect(assembler.isComplete()).toBe(false);
    assembler.add(second!);

    expect(assembler.isComplete()).toBe(true);
    expect(assembler.take().events).toEqual([confirmed, first, second]);
  });

  it("never tells by itself that a block with a gasless key is complete", () => {
    const assembler = createBlockAssembler(11n);
    for (const event of blockOf(11n, 1, 1, 1n)) assembler.add(event);
    for (const event of [gaslessEvent, gaslessEvent]) assembler.add(event);

    expect(assembler.isComplete()).toBe(false);
    expect(assembler.shortage()).toEqual({ blockNumber: 11n, missingCount: 0 });
  });

  it("explains missing merges by gasless keys when shard 0 has moved on", () => {
    const assembler = createBlockAssembler(11n);
    for (const event of blockOf(11n, 1, 2, 5n)) assembler.add(event);
    expect(assembler.shortage()).toEqual({ blockNumber: 11n, missingCount: 0 });
    assembler.take();

    for (const event of blockOf(12n, 1, 2, 5n)) assembler.add(event);
    expect(assembler.shortage()).toEqual({ blockNumber: 12n, missingCount: 2 });
  });

  it("does not explain other missing events by gasless keys", () => {
    const assembler = createBlockAssembler(11n);
    const [confirmed] = blockOf(11n, 0);
    const body = confirmed!.body!;
    if (body.$case === "blockConfirmedBody") {
      body.value.totalEvents = 2n;
      body.value.eventCountsByType = { 11: 1n, [HubEventType.PRUNE_MESSAGE]: 1n };
    }
    assembler.add(confirmed!);

    expect(assembler.shortage().missingCount).toBe(1);
  });

  it("refuses to leave a block open for a later one", () => {
    const assembler = createBlockAssembler(11n);

    expect(() => assembler.add(blockOf(12n, 0)[0]!)).toThrow(RangeError);
  });

  it("misses everything of a block without its confirmation", () => {
    const assembler = createBlockAssembler(11n);
    for (const event of blockOf(11n, 2).slice(1)) assembler.add(event);

    expect(assembler.isComplete()).toBe(false);
    expect(assembler.shortage().missingCount).toBe(1);
  });
});
