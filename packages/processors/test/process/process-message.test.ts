import type { Message } from "@snaprag/proto";
import { FarcasterNetwork } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventContext, SweepLinks } from "../../src/index.ts";
import { firstPositionOf, MESSAGE_MAPPINGS, processMessage } from "../../src/index.ts";
import {
  aCastAdd,
  aFrameAction,
  aKeyAdd,
  aKeyRemove,
  aLendStorage,
  aLinkCompactState,
  aMessage,
  anEventContext,
} from "../../src/testing/index.ts";
import { anyMessage, KINDS } from "../support/arbitrary-messages.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { rowOf } from "../support/rows.ts";

const { MAINNET, TESTNET, DEVNET } = FarcasterNetwork;
const EVENT_ID = firstPositionOf(500n) + 7n;
const KEY_KINDS = ["keyAdd", "keyRemove"] as const;
const SHARD_KINDS = KINDS.filter((kind) => kind !== "keyAdd" && kind !== "keyRemove");

function sweepOf(message: Message, context: EventContext): SweepLinks | undefined {
  const { changes } = processMessage(message, context, EVENT_ID);
  return changes.find((change) => change.kind === "sweepLinks");
}

describe("processMessage()", () => {
  it.each(SHARD_KINDS)("merges a %s into its own relation on its home shard", (kind) => {
    const message = aMessage(kind);

    const { changes, notes } = processMessage(message, anEventContext(), EVENT_ID);

    const row = rowOf(kind, message);
    const { table } = MESSAGE_MAPPINGS[kind];
    expect(changes[0]).toEqual({ kind: "merge", table, row, eventId: EVENT_ID });
    expect(changes).toHaveLength(kind === "linkCompactState" ? 2 : 1);
    expect(notes).toEqual([]);
  });

  it.each(SHARD_KINDS)("writes nothing from a copy of a %s on another shard", (kind) => {
    const replica = { changes: [], notes: [{ kind: "replica" }] };

    for (const shardId of [0, 2]) {
      const context = anEventContext({ shardId });
      expect(processMessage(aMessage(kind), context, EVENT_ID)).toEqual(replica);
    }
  });

  it("asks for the home of the author, not of the borrower", () => {
    const lend = aLendStorage({ toFid: 2n }, { fid: 1n });

    expect(processMessage(lend, anEventContext({ shardId: 1 }), EVENT_ID).changes).toHaveLength(1);
    expect(processMessage(lend, anEventContext({ shardId: 2 }), EVENT_ID).changes).toEqual([]);
  });

  it("takes a message by fid 0 as any other", () => {
    const message = aCastAdd({}, { fid: 0n });

    const { changes } = processMessage(message, anEventContext({ shardId: 2 }), EVENT_ID);

    expect(changes).toMatchObject([{ kind: "merge", row: { fid: 0n } }]);
  });

  it("takes a frame action that an application received itself", () => {
    const { changes } = processMessage(aFrameAction(), anEventContext(), EVENT_ID);

    expect(changes).toMatchObject([{ kind: "merge", table: "frame_actions" }]);
  });

  it.each(KEY_KINDS)("only notes a %s on a data shard, home or not", (kind) => {
    const noted = { changes: [], notes: [{ kind: "gaslessKey" }] };

    for (const shardId of [1, 2]) {
      const context = anEventContext({ shardId });
      expect(processMessage(aMessage(kind), context, EVENT_ID)).toEqual(noted);
    }
  });

  it("merges a key from shard 0 and retires what the key was before", () => {
    const message = aKeyAdd({ key: new Uint8Array(32).fill(5) }, { fid: 2n });
    const context = anEventContext({ shardId: 0 });

    const { changes, notes } = processMessage(message, context, EVENT_ID);

    expect(changes).toEqual([
      {
        kind: "merge",
        table: "signer_keys",
        row: rowOf("keyAdd", message),
        eventId: EVENT_ID,
      },
      {
        kind: "sweepKeys",
        fid: 2n,
        key: new Uint8Array(32).fill(5),
        retirement: { reason: "superseded", eventId: EVENT_ID, at: context.at },
      },
    ]);
    expect(notes).toEqual([]);
  });

  it("merges a key's removal from shard 0 and retires the key", () => {
    const message = aKeyRemove({ key: new Uint8Array(32).fill(5) }, { fid: 2n });
    const context = anEventContext({ shardId: 0 });

    const { changes } = processMessage(message, context, EVENT_ID);

    expect(changes).toMatchObject([
      { kind: "merge", table: "signer_key_removes" },
      {
        kind: "sweepKeys",
        fid: 2n,
        key: new Uint8Array(32).fill(5),
        retirement: { reason: "removed", eventId: EVENT_ID, at: context.at },
      },
    ]);
  });

  it("sweeps links by a compact state, as of the end of the block before", () => {
    const body = { type: "follow", targetFids: [5n, 6n] };
    const message = aLinkCompactState(body, { fid: 3n, timestamp: 200_000_000 });
    const context = anEventContext();

    expect(sweepOf(message, context)).toEqual({
      kind: "sweepLinks",
      fid: 3n,
      hash: message.hash,
      linkType: "follow",
      everyType: false,
      through: new Date(Date.UTC(2021, 0, 1) + 200_000_000_000),
      keepTargetFids: [5n, 6n],
      blockStart: firstPositionOf(500n),
      retirement: { reason: "compacted", eventId: EVENT_ID, at: context.at },
    });
  });

  it.each([
    ["first", firstPositionOf(500n)],
    ["last", firstPositionOf(501n) - 1n],
  ])("starts a sweep's block at the same position for its %s event", (_, eventId) => {
    const { changes } = processMessage(aLinkCompactState(), anEventContext(), eventId);

    expect(changes[1]).toMatchObject({
      blockStart: firstPositionOf(500n),
      retirement: { eventId },
    });
  });

  it("names the swept type as rows of links do", () => {
    const message = aLinkCompactState({ type: "fol\0" });
    const link = aMessage("linkAdd", { body: { type: "fol\0" } });

    expect(sweepOf(message, anEventContext())?.linkType).toBe(rowOf("linkAdd", link).link_type);
  });

  it.each([
    ["mainnet", MAINNET, 1_785_160_800],
    ["testnet", TESTNET, 1_784_124_000],
  ])("sweeps links of every type on %s until the second of V19", (_, network, v19) => {
    const context = anEventContext({ network });
    const isEveryType = (unixSeconds: number) => {
      const timestamp = unixSeconds - 1_609_459_200;
      return sweepOf(aLinkCompactState({}, { network, timestamp }), context)?.everyType;
    };

    expect(isEveryType(1_609_459_200)).toBe(true);
    expect(isEveryType(v19 - 1)).toBe(true);
    expect(isEveryType(v19)).toBe(false);
    expect(isEveryType(v19 + 1)).toBe(false);
  });

  it("begins V19 on mainnet at the Farcaster second that docs/protocol.md 6.5 gives", () => {
    const before = aLinkCompactState({}, { timestamp: 175_701_599 });
    const after = aLinkCompactState({}, { timestamp: 175_701_600 });

    expect(sweepOf(before, anEventContext())?.everyType).toBe(true);
    expect(sweepOf(after, anEventContext())?.everyType).toBe(false);
  });

  it("sweeps links of one type on a devnet at any time", () => {
    const context = anEventContext({ network: DEVNET });

    expect(sweepOf(aLinkCompactState({}, { timestamp: 0 }), context)?.everyType).toBe(false);
  });

  it("follows the node's network, not the one a message claims", () => {
    const message = aLinkCompactState({}, { network: DEVNET, timestamp: 0 });

    expect(sweepOf(message, anEventContext({ network: MAINNET }))?.everyType).toBe(true);
  });

  it("notes a message that cannot be read, with its bytes", () => {
    const message = { ...aCastAdd(), data: new Uint8Array([0x08, 0x63]) };

    const { changes, notes } = processMessage(message, anEventContext(), EVENT_ID);

    expect(changes).toEqual([]);
    expect(notes).toMatchObject([
      { kind: "unreadable", message: { reason: "unknown_type", dataBytes: message.data } },
    ]);
  });

  it("is pure: same message, same changes, and the message untouched", () => {
    fc.assert(
      fc.property(anyMessage, fc.constantFrom(0, 1, 2), (message, shardId) => {
        const before = structuredClone(message);
        const context = deepFreeze(anEventContext({ shardId }));

        const first = processMessage(deepFreeze(message), context, EVENT_ID);
        const second = processMessage(structuredClone(message), context, EVENT_ID);

        expect(second).toEqual(first);
        expect(message).toEqual(before);
      }),
    );
  });
});
