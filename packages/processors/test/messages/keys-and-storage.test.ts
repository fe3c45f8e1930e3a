import { describe, expect, it } from "vitest";
import { aFrameAction, aKeyAdd, aKeyRemove, aLendStorage } from "../../src/testing/index.ts";
import { rowOf } from "../support/rows.ts";

const KEY = new Uint8Array(32).fill(4);

describe("rows of gasless keys", () => {
  it("hold every field, times as instants", () => {
    const message = aKeyAdd({
      key: KEY,
      keyType: 1,
      custodySignature: new Uint8Array([1]),
      deadline: 3600,
      nonce: 7,
      metadata: new Uint8Array([2]),
      metadataType: 1,
      registrationTxHash: new Uint8Array([3]),
      scopes: [1, 5],
      ttl: 60,
    });

    expect(rowOf("keyAdd", message)).toMatchObject({
      key: KEY,
      key_type: 1,
      custody_signature: new Uint8Array([1]),
      deadline: new Date("2021-01-01T01:00:00Z"),
      nonce: 7,
      metadata: new Uint8Array([2]),
      metadata_type: 1,
      registration_tx_hash: new Uint8Array([3]),
      scopes: [1, 5],
      ttl_seconds: 60,
    });
  });

  it("and of their removes hold who signed, and with what", () => {
    const signature = new Uint8Array([9]);
    const message = aKeyRemove({ key: KEY, signature, signatureType: 2, deadline: 60, nonce: 8 });

    const row = rowOf("keyRemove", message);

    expect(row).toMatchObject({
      key: KEY,
      key_signature: signature,
      signature_type: 2,
      deadline: new Date("2021-01-01T00:01:00Z"),
      nonce: 8,
    });
    expect(row.signature).toEqual(message.signature);
  });
});

describe("rows of storage lends", () => {
  it("hold borrower, units and their type", () => {
    const message = aLendStorage({ toFid: 6n, numUnits: 0n, unitType: 2 });

    expect(rowOf("lendStorage", message)).toMatchObject({
      to_fid: 6n,
      num_units: 0n,
      unit_type: 2,
    });
  });
});

describe("rows of frame actions", () => {
  it("hold what was pressed, typed and where", () => {
    const message = aFrameAction({
      url: new Uint8Array([1]),
      buttonIndex: 4,
      castId: { fid: 8n, hash: KEY },
      inputText: new Uint8Array([2]),
      state: new Uint8Array([3]),
      transactionId: new Uint8Array([4]),
      address: new Uint8Array([5]),
    });

    expect(rowOf("frameAction", message)).toMatchObject({
      url: new Uint8Array([1]),
      button_index: 4,
      cast_fid: 8n,
      cast_hash: KEY,
      input_text: new Uint8Array([2]),
      state: new Uint8Array([3]),
      transaction_id: new Uint8Array([4]),
      address: new Uint8Array([5]),
    });
  });

  it("hold nulls when the frame is not in a cast", () => {
    expect(rowOf("frameAction", aFrameAction({ castId: undefined }))).toMatchObject({
      cast_fid: null,
      cast_hash: null,
      data_bytes: null,
    });
  });
});
