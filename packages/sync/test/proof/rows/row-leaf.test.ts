// The leaf of a row is that of the message it is of, and no column can change without its being seen.
import { generateKeyPairSync, sign } from "node:crypto";
import { processOnChainEvent } from "@snaprag/processors";
import {
  aChannelRegisterEvent,
  anFnameProof,
  anIdRegisterEvent,
  aSignerEvent,
  aSignerMigratedEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
} from "@snaprag/processors/testing";
import type { OnChainEvent } from "@snaprag/proto";
import { loadBlake3, loadEd25519 } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANY_BODIES } from "../../../../processors/test/support/arbitrary-bodies.ts";
import { arbitraryMessage } from "../../../../processors/test/support/arbitrary-messages.ts";
import type { RowOfTable } from "../../../src/proof/rows/row-leaf.ts";
import { leafOfRow } from "../../../src/proof/rows/row-leaf.ts";
import { KINDS, withOwnHash } from "../../support/hashed-messages.ts";
import type { MessageRowCase } from "../../support/message-rows.ts";
import { listRowsOf, NETWORK, rowOf } from "../../support/message-rows.ts";
import { keyTextOfEvent, keyTextsOfMessage } from "../../support/trie-keys.ts";

const blake3 = await loadBlake3();
const ed25519 = await loadEd25519();
const reading = { network: NETWORK, blake3 };

const MESSAGE_KINDS = KINDS.filter((kind) => kind !== "frameAction");
/** Columns that no hash covers: the hash itself is the row's name. */
const UNCOVERED: ReadonlySet<string> = new Set(["hash", "signer", "signature"]);

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

/** The row with one column changed. */
function withColumn(source: RowOfTable, column: string, value: unknown): RowOfTable {
  // Safety: of the same table; the value may be whatever somebody wrote.
  return { ...source, row: { ...source.row, [column]: value } } as RowOfTable;
}

function turned(bytes: Uint8Array): Uint8Array {
  return bytes.with(0, (bytes[0] ?? 0) ^ 1);
}

/** Other values of a column's type, some of which no message can have. */
function otherValues(value: unknown): readonly unknown[] {
  if (value instanceof Date) {
    const at = value.getTime();
    // A second, a thousandth, before all Farcaster time, and after it.
    return [at + 1000, at - 1000, at + 1, 0, at + 2 ** 43].map((each) => new Date(each));
  }
  if (value instanceof Uint8Array) {
    const longer = Uint8Array.of(...value, 0);
    return value.length > 0 ? [turned(value), longer, value.subarray(1)] : [longer];
  }
  if (Array.isArray(value)) return value.length > 0 ? [value.slice(1), [...value, value[0]]] : [];
  if (typeof value === "string") return [`${value}x`, ` ${value}`, value.slice(1)];
  if (typeof value === "bigint") return [value + 1n, value + 2n ** 32n];
  if (typeof value === "number") return [value + 1, value + 2 ** 40, -value - 1];
  return [];
}

/** A thing as text, so that things can be compared. */
function inWords(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each));
}

interface Alteration {
  readonly column: string;
  readonly source: RowOfTable;
}

/** Rows with one column changed: to another value of its type, and to what other rows have there. */
function alterationsOf(
  { source }: MessageRowCase,
  others: readonly MessageRowCase[],
): readonly Alteration[] {
  return Object.entries(source.row).flatMap(([column, value]) => {
    if (UNCOVERED.has(column)) return [];
    const ofOthers = others.map(
      (each) => Object.entries(each.source.row).find(([name]) => name === column)?.[1],
    );
    return [...otherValues(value), ...ofOthers]
      .filter((other) => inWords(other) !== inWords(value))
      .map((other) => ({ column, source: withColumn(source, column, other) }));
  });
}

describe("leafOfRow() of messages", () => {
  it.each(MESSAGE_KINDS)("is the %s's own key, and not altered", (kind) => {
    for (const { message, source } of listRowsOf(kind)) {
      const leaf = leafOfRow(source, reading);

      expect(hex(leaf?.trieKey)).toBe(keyTextsOfMessage(message)[0]);
      expect(leaf).toMatchObject({ source, isAltered: false });
    }
  });

  it("knows rows by their columns and rows by their bytes", () => {
    for (const kind of MESSAGE_KINDS) {
      const rows = listRowsOf(kind).map(({ source }) => source.row.data_bytes === null);

      expect(new Set(rows), kind).toEqual(new Set([true, false]));
    }
  });

  it.each(MESSAGE_KINDS)("is altered when any one column of a %s is", (kind) => {
    const rows = listRowsOf(kind);
    const columns = new Set<string>();
    for (const row of rows) {
      for (const { column, source } of alterationsOf(row, rows)) {
        columns.add(column);

        const leaf = leafOfRow(source, reading);

        const change = `${column}: ${inWords(row.source.row)} to ${inWords(source.row)}`;
        expect(leaf?.isAltered, change).toBe(true);
      }
    }
    const all = Object.keys(rows[0]?.source.row ?? {});
    expect(columns).toEqual(new Set(all.filter((column) => !UNCOVERED.has(column))));
  });

  it.each(MESSAGE_KINDS)(
    "is the key of what a %s says, altered, when it bears another hash",
    (kind) => {
      for (const { message, source } of listRowsOf(kind)) {
        const leaf = leafOfRow(withColumn(source, "hash", turned(message.hash)), reading);

        expect(hex(leaf?.trieKey)).toBe(keyTextsOfMessage(message)[0]);
        expect(leaf?.isAltered).toBe(true);
      }
    },
  );

  it.each(MESSAGE_KINDS)("is not altered, whatever the wire carries in a %s", (kind) => {
    fc.assert(
      fc.property(arbitraryMessage(kind, ANY_BODIES), (drafted) => {
        const { message, source } = rowOf(withOwnHash(drafted));

        const leaf = leafOfRow(source, reading);

        expect(hex(leaf?.trieKey)).toBe(keyTextsOfMessage(message)[0]);
        expect(leaf?.isAltered).toBe(false);
      }),
    );
  });

  it.each(MESSAGE_KINDS)("is altered when any column of a %s is another message's", (kind) => {
    const any = arbitraryMessage(kind, ANY_BODIES).map((message) => rowOf(withOwnHash(message)));
    fc.assert(
      fc.property(any, any, (row, other) => {
        for (const [column, value] of Object.entries(other.source.row)) {
          const own = Object.entries(row.source.row).find(([name]) => name === column)?.[1];
          if (UNCOVERED.has(column) || inWords(own) === inWords(value)) continue;

          const leaf = leafOfRow(withColumn(row.source, column, value), reading);

          expect(leaf?.isAltered, column).toBe(true);
        }
      }),
    );
  });

  it("is another key when the columns say something else", () => {
    const [row] = listRowsOf("castAdd");
    if (row === undefined) throw new Error("There is a row");

    const leaf = leafOfRow(withColumn(row.source, "text", "gn"), reading);

    expect(hex(leaf?.trieKey)).toMatch(/^a80000000108[0-9a-f]{40}$/);
    expect(hex(leaf?.trieKey)).not.toBe(keyTextsOfMessage(row.message)[0]);
  });

  it.each([
    ["reactionAdd", "reaction_removes"],
    ["reactionRemove", "reactions"],
    ["linkAdd", "link_removes"],
    ["linkRemove", "links"],
  ] as const)("is altered when a %s is among %s, whose columns are the same", (kind, table) => {
    for (const { source } of listRowsOf(kind)) {
      // Safety: both relations have the same columns.
      const moved = { table, row: source.row } as RowOfTable;

      expect(leafOfRow(moved, reading)?.isAltered).toBe(true);
    }
  });

  it("looks at signatures only where they can be checked", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const { x = "" } = publicKey.export({ format: "jwk" });
    for (const { message, source } of MESSAGE_KINDS.flatMap((kind) => listRowsOf(kind))) {
      const signer = Uint8Array.from(Buffer.from(x, "base64url"));
      const signature = Uint8Array.from(sign(null, message.hash, privateKey));
      const signed = withColumn(withColumn(source, "signer", signer), "signature", signature);
      const forged = withColumn(signed, "signature", turned(signature));
      const disowned = withColumn(signed, "signer", turned(signer));
      const isAltered = (row: RowOfTable, more = {}) =>
        leafOfRow(row, { ...reading, ...more })?.isAltered;

      expect([signed, forged, disowned].map((row) => isAltered(row))).toEqual([
        false,
        false,
        false,
      ]);
      expect([signed, forged, disowned].map((row) => isAltered(row, { ed25519 }))).toEqual([
        ...[false, true, true],
      ]);
    }
  });
});

describe("leafOfRow() of on-chain events", () => {
  function sourceOf(event: OnChainEvent): RowOfTable {
    const context = { shardId: 1, network: NETWORK, homeShardOf: () => 1 };
    const [change] = processOnChainEvent(event, context, 1n).changes;
    if (change?.kind !== "merge" || change.table !== "onchain_events") throw new Error("No row");
    return { table: "onchain_events", row: change.row };
  }

  const EVENTS: readonly OnChainEvent[] = [
    aSignerEvent({}, { fid: 5n, logIndex: 258 }),
    aSignerMigratedEvent(),
    anIdRegisterEvent(),
    aStorageRentEvent(),
    aTierPurchaseEvent(),
    aChannelRegisterEvent(),
  ];
  /** With text that no column holds, so that the row keeps the event. */
  const KEPT = aChannelRegisterEvent({ channelKey: "a\0b" });

  it("is the event's own key", () => {
    for (const event of [...EVENTS, KEPT]) {
      const source = sourceOf(event);
      const leaf = leafOfRow(source, reading);

      expect(hex(leaf?.trieKey)).toBe(keyTextOfEvent(event));
      expect(leaf).toMatchObject({ source, isAltered: false });
    }
    expect(sourceOf(KEPT).row).toMatchObject({ raw: expect.any(Uint8Array) });
  });

  it.each([
    ["fid", 9n],
    ["type", 4],
    ["transaction_hash", new Uint8Array(32).fill(9)],
    ["log_index", 9],
  ])("is another key when %s is another", (column, value) => {
    for (const event of [...EVENTS.filter(({ type }) => type !== 4), KEPT]) {
      const leaf = leafOfRow(withColumn(sourceOf(event), column, value), reading);

      const names = {
        fid: "fid",
        type: "type",
        transaction_hash: "transactionHash",
        log_index: "logIndex",
      };
      const name = names[column as keyof typeof names];
      expect(hex(leaf?.trieKey)).toBe(keyTextOfEvent({ ...event, [name]: value }));
    }
  });

  it("is altered when the columns are not what the event that is kept says", () => {
    const source = sourceOf(KEPT);

    expect(leafOfRow(withColumn(source, "channel_key", "b"), reading)?.isAltered).toBe(true);
    expect(leafOfRow(withColumn(source, "owner_address", null), reading)?.isAltered).toBe(true);
    expect(leafOfRow(withColumn(source, "fid", 9n), reading)?.isAltered).toBe(true);
    const garbage = Uint8Array.of(0xff);
    expect(leafOfRow(withColumn(source, "raw", garbage), reading)?.isAltered).toBe(true);
  });
});

describe("leafOfRow() of what no trie has", () => {
  it("is none", () => {
    const { fid, ...proof } = anFnameProof();
    const name = { fid, name: "alice", name_type: 1, owner: proof.owner, raw: null };
    const times = { proof_timestamp: new Date(0), proof_signature: proof.signature };
    const [action] = listRowsOf("frameAction");
    if (action === undefined) throw new Error("There is a row");

    expect(
      leafOfRow({ table: "fname_transfers", row: { ...name, ...times } }, reading),
    ).toBeUndefined();
    expect(leafOfRow(action.source, reading)).toBeUndefined();
  });
});
