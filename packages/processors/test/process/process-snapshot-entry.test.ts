import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { FarcasterNetwork } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SnapshotContext } from "../../src/index.ts";
import { lastPositionOf, MESSAGE_MAPPINGS, processSnapshotEntry } from "../../src/index.ts";
import { toFnameTransferRow } from "../../src/on-chain/fname-transfer-row.ts";
import { toOnChainEventRow } from "../../src/on-chain/on-chain-event-row.ts";
import {
  aCastAdd,
  aKeyAdd,
  aKeyRemove,
  aLendStorage,
  aLinkCompactState,
  aMessage,
  anEventContext,
  anFnameProof,
  anIdRegisterEvent,
} from "../../src/testing/index.ts";
import { uint64 } from "../support/arbitrary-bodies.ts";
import { anyMessage, KINDS } from "../support/arbitrary-messages.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { rowOf } from "../support/rows.ts";
import {
  accountKey,
  aMessageEntry,
  anFnameEntry,
  anOnChainEntry,
} from "../support/snapshot-entries.ts";

const { homeShardOf } = anEventContext();
const HEIGHT = 28_800n;
const REPLICA = { changes: [], notes: [{ kind: "replica" }] };
const GASLESS_KEY = { changes: [], notes: [{ kind: "gaslessKey" }] };

function snapshotOf(shardId: number): SnapshotContext {
  return { shardId, network: FarcasterNetwork.MAINNET, homeShardOf, height: HEIGHT };
}

const SHARD_1 = snapshotOf(1);
const SHARD_2 = snapshotOf(2);

describe("processSnapshotEntry()", () => {
  it.each(KINDS.filter((kind) => kind !== "keyAdd" && kind !== "keyRemove"))(
    "merges a %s at the last position of the snapshot's block",
    (kind) => {
      const message = aMessage(kind);

      expect(processSnapshotEntry(aMessageEntry(message, 1n), SHARD_1)).toEqual({
        changes: [
          {
            kind: "merge",
            table: MESSAGE_MAPPINGS[kind].table,
            row: rowOf(kind, message),
            eventId: lastPositionOf(HEIGHT),
          },
        ],
        notes: [],
      });
    },
  );

  it("sweeps nothing for a compact state, whose sweep already happened", () => {
    const { changes } = processSnapshotEntry(aMessageEntry(aLinkCompactState(), 1n), SHARD_1);

    expect(changes.map((change) => change.kind)).toEqual(["merge"]);
  });

  it("writes a lend once, under the lender's key on the lender's shard", () => {
    const lend = aLendStorage({ toFid: 2n }, { fid: 1n });
    const nearLend = aLendStorage({ toFid: 3n }, { fid: 1n });

    expect(processSnapshotEntry(aMessageEntry(lend, 1n), SHARD_1).changes).toHaveLength(1);
    expect(processSnapshotEntry(aMessageEntry(nearLend, 3n), SHARD_1)).toEqual(REPLICA);
    expect(processSnapshotEntry(aMessageEntry(lend, 1n), SHARD_2)).toEqual(REPLICA);
    expect(processSnapshotEntry(aMessageEntry(lend, 2n), SHARD_2)).toEqual(REPLICA);
  });

  it("knows a fid by its low 32 bits, which are all that keys hold", () => {
    const fid = 2n ** 32n * 7n + 5n;

    const { changes } = processSnapshotEntry(aMessageEntry(aCastAdd({}, { fid }), 5n), SHARD_1);

    expect(changes).toMatchObject([{ row: { fid } }]);
  });

  it("finds an account in a key that is part of a larger buffer", () => {
    const key = accountKey(1n);
    const trieKey = Uint8Array.from([9, 9, 9, ...key]).subarray(3);
    const entry = { ...aMessageEntry(aCastAdd(), 1n), trieKey };

    expect(processSnapshotEntry(entry, SHARD_1).changes).toHaveLength(1);
  });

  it.each([0, 4])("takes no message for its account's under a key of %i bytes", (length) => {
    const entry = { ...aMessageEntry(aCastAdd({}, { fid: 1n }), 1n) };
    const trieKey = entry.trieKey.subarray(0, length);

    expect(processSnapshotEntry({ ...entry, trieKey }, SHARD_1)).toEqual(REPLICA);
  });

  it("notes gasless keys, which shard 0 tells", () => {
    for (const message of [aKeyAdd(), aKeyRemove()]) {
      expect(processSnapshotEntry(aMessageEntry(message, 1n), SHARD_1)).toEqual(GASLESS_KEY);
    }
  });

  it("notes a message that cannot be read", () => {
    const message = { ...aCastAdd(), data: new Uint8Array([0xff]) };

    expect(processSnapshotEntry(aMessageEntry(message, 1n), SHARD_1)).toMatchObject({
      changes: [],
      notes: [{ kind: "unreadable", message: { reason: "undecodable" } }],
    });
  });

  it("merges an on-chain event on its fid's home shard", () => {
    const event = anIdRegisterEvent({}, { fid: 3n });
    const entry = anOnChainEntry(event);
    const row = toOnChainEventRow(event);
    const eventId = lastPositionOf(HEIGHT);

    expect(processSnapshotEntry(entry, SHARD_1)).toEqual({
      changes: [{ kind: "merge", table: "onchain_events", row, eventId }],
      notes: [],
    });
    expect(processSnapshotEntry(entry, SHARD_2)).toEqual(REPLICA);
  });

  it("merges a registry name on its holder's home shard", () => {
    const proof = anFnameProof({ fid: 3n });
    const entry = anFnameEntry(proof);
    const row = toFnameTransferRow(proof);
    const eventId = lastPositionOf(HEIGHT);

    expect(processSnapshotEntry(entry, SHARD_1)).toEqual({
      changes: [{ kind: "merge", table: "fname_transfers", row, eventId }],
      notes: [],
    });
    expect(processSnapshotEntry(entry, SHARD_2)).toEqual(REPLICA);
  });

  it.each<[string, ShardTrieEntryWithMessage["trieMessage"]]>([
    ["of a newer kind", undefined],
    [
      "of a name without its proof",
      { $case: "fnameTransfer", value: { id: 0n, fromFid: 0n, proof: undefined } },
    ],
  ])("notes an entry %s, with its key", (_, trieMessage) => {
    const trieKey = accountKey(1n);

    expect(processSnapshotEntry({ trieKey, trieMessage }, SHARD_1)).toEqual({
      changes: [],
      notes: [{ kind: "unknownEntry", trieKey }],
    });
  });

  it("is pure, and gives every entry either a change or a note", () => {
    fc.assert(
      fc.property(anyMessage, uint64, (message, accountFid) => {
        const entry = aMessageEntry(message, accountFid);
        const before = structuredClone(entry);

        const first = processSnapshotEntry(deepFreeze(entry), deepFreeze({ ...SHARD_1 }));
        const second = processSnapshotEntry(structuredClone(entry), SHARD_1);

        expect(second).toEqual(first);
        expect(entry).toEqual(before);
        expect(first.changes.length + first.notes.length).toBe(1);
      }),
    );
  });
});
