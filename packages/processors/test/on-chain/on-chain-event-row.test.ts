import { OnChainEvent } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OnChainColumns } from "../../src/index.ts";
import { encodeOnChainEventRow } from "../../src/on-chain/encode-on-chain.ts";
import { toOnChainEventRow } from "../../src/on-chain/on-chain-event-row.ts";
import {
  aChannelRegisterEvent,
  anIdRegisterEvent,
  aSignerEvent,
  aSignerMigratedEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
} from "../../src/testing/index.ts";
import { LAST_DATE_SECONDS } from "../support/arbitrary-bodies.ts";
import { anyOnChainEvent } from "../support/arbitrary-on-chain.ts";
import { toHex } from "../support/rows.ts";
import { bytesField } from "../support/wire-bytes.ts";

/** A time that no `Date` reaches, in Unix seconds. */
const LATE = LAST_DATE_SECONDS + 1n;
/** Field 100, a varint. */
const NEWER_FIELD = { [100 << 3]: [Uint8Array.of(5)] };
const ADDRESS = new Uint8Array(20).fill(1);
const OTHER = new Uint8Array(20).fill(2);

const NO_COLUMNS: OnChainColumns = {
  event_type: null,
  signer_key: null,
  signer_key_type: null,
  metadata: null,
  metadata_type: null,
  migrated_at: null,
  to_address: null,
  from_address: null,
  recovery_address: null,
  payer: null,
  units: null,
  expires_at: null,
  tier_type: null,
  for_days: null,
  channel_key: null,
  channel_label: null,
  owner_address: null,
};

/** What every on-chain event has in common. */
function positionOf(event: OnChainEvent) {
  return {
    fid: event.fid,
    type: event.type,
    transaction_hash: event.transactionHash,
    log_index: event.logIndex,
    chain_id: event.chainId,
    block_number: event.blockNumber,
    block_hash: event.blockHash,
    block_timestamp: new Date("2023-11-14T22:13:20Z"),
    tx_index: event.txIndex,
    version: event.version,
  };
}

const CASES: readonly [string, OnChainEvent, Partial<OnChainColumns>][] = [
  [
    "signer",
    aSignerEvent({ key: ADDRESS, keyType: 1, eventType: 3, metadata: OTHER, metadataType: 2 }),
    {
      event_type: 3,
      signer_key: ADDRESS,
      signer_key_type: 1,
      metadata: OTHER,
      metadata_type: 2,
    },
  ],
  [
    "signer migrated",
    aSignerMigratedEvent({ migratedAt: 1_700_000_000 }),
    { migrated_at: new Date("2023-11-14T22:13:20Z") },
  ],
  [
    "id register",
    anIdRegisterEvent({ to: ADDRESS, from: OTHER, eventType: 2, recoveryAddress: OTHER }),
    { event_type: 2, to_address: ADDRESS, from_address: OTHER, recovery_address: OTHER },
  ],
  [
    "storage rent",
    aStorageRentEvent({ payer: ADDRESS, units: 5, expiry: 1_700_000_000 }),
    { payer: ADDRESS, units: 5, expires_at: new Date("2023-11-14T22:13:20Z") },
  ],
  [
    "tier purchase",
    aTierPurchaseEvent({ tierType: 1, forDays: 365n, payer: ADDRESS }),
    { tier_type: 1, for_days: 365n, payer: ADDRESS },
  ],
  [
    "channel register",
    aChannelRegisterEvent({
      channelKey: "base",
      expiry: 1_700_000_000n,
      ownerAddress: ADDRESS,
      eventType: 3,
      label: OTHER,
    }),
    {
      event_type: 3,
      channel_key: "base",
      channel_label: OTHER,
      owner_address: ADDRESS,
      expires_at: new Date("2023-11-14T22:13:20Z"),
    },
  ],
];

describe("toOnChainEventRow()", () => {
  it.each(CASES)("fills the columns of a %s event and no other", (_, event, columns) => {
    const at = { ...event, txIndex: 3, version: 2, blockTimestamp: 1_700_000_000n };

    expect(toOnChainEventRow(at)).toEqual({
      ...positionOf(at),
      ...NO_COLUMNS,
      ...columns,
      raw: null,
    });
  });

  it("keeps an event of a newer type whole, body and all", () => {
    const head = { ...aSignerEvent({}, { fid: 5n }), type: 7 as 1, body: undefined };
    const newerBody = bytesField(17, [1, 2, 3]);
    const bytes = Uint8Array.from([...OnChainEvent.encode(head).finish(), ...newerBody]);

    const row = toOnChainEventRow(OnChainEvent.decode(bytes));

    expect(row).toMatchObject({ ...NO_COLUMNS, fid: 5n, type: 7, raw: bytes });
  });

  it("keeps an event whose body is another type's", () => {
    const { type } = anIdRegisterEvent();
    const event = { ...aSignerEvent(), type };

    expect(toOnChainEventRow(event)).toMatchObject({
      ...NO_COLUMNS,
      type,
      raw: OnChainEvent.encode(event).finish(),
    });
  });

  it("keeps an event without a body", () => {
    const event = { ...aSignerEvent(), body: undefined };

    expect(toOnChainEventRow(event).raw).toEqual(OnChainEvent.encode(event).finish());
  });

  it.each<[string, OnChainEvent]>([
    ["a channel key with NUL", aChannelRegisterEvent({ channelKey: "a\0b" })],
    ["a channel's expiry past all dates", aChannelRegisterEvent({ expiry: LATE })],
    ["a block past all dates", aStorageRentEvent({}, { blockTimestamp: LATE })],
    ["a newer field", { ...aSignerEvent(), _unknownFields: NEWER_FIELD }],
    ["a newer field in its body", aSignerEvent({ _unknownFields: NEWER_FIELD })],
  ])("keeps an event whose columns do not hold it: %s", (_, event) => {
    const row = toOnChainEventRow(event);

    expect(row.raw).toEqual(OnChainEvent.encode(event).finish());
    expect(encodeOnChainEventRow(row)).toEqual(row.raw);
  });

  it("holds whatever a node can decode, and keeps a copy only of what columns do not hold", () => {
    let copies = 0;
    fc.assert(
      fc.property(anyOnChainEvent, (event) => {
        const row = toOnChainEventRow(event);
        const bytes = OnChainEvent.encode(event).finish();

        // Only what a database gives back: plain values, no reference to the event.
        expect(toHex(encodeOnChainEventRow(structuredClone(row)))).toBe(toHex(bytes));
        if (row.raw !== null) copies++;
      }),
    );
    expect(copies).toBeGreaterThan(10);
    expect(copies).toBeLessThan(100);
  });
});
