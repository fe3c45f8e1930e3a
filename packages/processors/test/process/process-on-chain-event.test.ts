import { describe, expect, it } from "vitest";
import { processOnChainEvent } from "../../src/index.ts";
import { toOnChainEventRow } from "../../src/on-chain/on-chain-event-row.ts";
import { anEventContext, aStorageRentEvent } from "../../src/testing/index.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

describe("processOnChainEvent()", () => {
  it("merges the event on its fid's home shard", () => {
    const event = aStorageRentEvent({}, { fid: 3n });

    expect(processOnChainEvent(event, anEventContext(), 99n)).toEqual({
      changes: [
        { kind: "merge", table: "onchain_events", row: toOnChainEventRow(event), eventId: 99n },
      ],
      notes: [],
    });
  });

  it.each([0, 2])("writes nothing from the copy on shard %i", (shardId) => {
    const event = aStorageRentEvent({}, { fid: 3n });

    expect(processOnChainEvent(event, anEventContext({ shardId }), 99n)).toEqual({
      changes: [],
      notes: [{ kind: "replica" }],
    });
  });

  it("is pure: same event, same change, and the event untouched", () => {
    const event = aStorageRentEvent();
    const before = structuredClone(event);

    const first = processOnChainEvent(deepFreeze(event), deepFreeze(anEventContext()), 99n);
    const second = processOnChainEvent(structuredClone(before), anEventContext(), 99n);

    expect(second).toEqual(first);
    expect(event).toEqual(before);
  });
});
