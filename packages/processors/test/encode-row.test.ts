import { Message, OnChainEvent, UserNameProof } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import type { MergeOf, TableName } from "../src/index.ts";
import {
  encodeRow,
  KIND_OF_TABLE,
  processMessage,
  processOnChainEvent,
  toFnameTransferRow,
} from "../src/index.ts";
import {
  aCastAdd,
  aChannelRegisterEvent,
  aMessage,
  anEventContext,
  anFnameProof,
  anIdRegisterEvent,
  aSignerEvent,
  aSignerMigratedEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
} from "../src/testing/index.ts";

const NETWORK = 1;

function contextFor(kind: string) {
  const isKey = kind === "keyAdd" || kind === "keyRemove";
  return anEventContext({ shardId: isKey ? 0 : 1, homeShardOf: () => 1 });
}

describe("encodeRow()", () => {
  it.each(Object.entries(KIND_OF_TABLE))("gives back the message of a row of %s", (_, kind) => {
    const message = aMessage(kind, { seed: 5 });
    const [merge] = processMessage(message, contextFor(kind), 7n).changes as MergeOf<TableName>[];
    const encoded = encodeRow(merge!.table, merge!.row, NETWORK);

    expect(encoded).toMatchObject({ kind: "message", hash: message.hash });
    const again = Message.decode(encoded.raw);
    expect(again).toEqual({ ...Message.decode(Message.encode(message).finish()) });
    expect(processMessage(again, contextFor(kind), 7n).changes[0]).toEqual(merge);
  });

  it("keeps the bytes of a message that its columns alone would not give back", () => {
    const message = aCastAdd({ text: "a\0b" });
    const [merge] = processMessage(message, contextFor("castAdd"), 7n)
      .changes as MergeOf<"casts">[];

    expect(Message.decode(encodeRow("casts", merge!.row, NETWORK).raw).data).toEqual(message.data);
  });

  it.each([
    aSignerEvent({}, { fid: 5n }),
    aSignerMigratedEvent(),
    anIdRegisterEvent({}, { fid: 5n }),
    aStorageRentEvent({}, { fid: 5n }),
    aTierPurchaseEvent({}, { fid: 5n }),
    aChannelRegisterEvent(),
    { ...aSignerEvent(), type: 77 as 1 },
  ])("gives back an on-chain event of type $type", (event) => {
    const [merge] = processOnChainEvent(event, contextFor(""), 7n)
      .changes as MergeOf<"onchain_events">[];
    const { kind, raw, hash } = encodeRow("onchain_events", merge!.row, NETWORK);

    expect([kind, hash]).toEqual(["onchain_event", event.transactionHash]);
    expect(raw).toEqual(OnChainEvent.encode(event).finish());
  });

  it("gives back a registry proof", () => {
    const proof = anFnameProof({ fid: 5n });
    const { kind, raw } = encodeRow("fname_transfers", toFnameTransferRow(proof), NETWORK);

    expect(kind).toBe("fname_proof");
    expect(raw).toEqual(UserNameProof.encode(proof).finish());
  });
});
