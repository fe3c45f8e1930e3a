import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageKind } from "../src/index.ts";
import {
  findMessageKind,
  hashedBytes,
  MESSAGE_WIRE_TYPES,
  Message,
  MessageData,
  MessageType,
  narrowMessage,
} from "../src/index.ts";
import { WIRE_SCHEMA } from "./wire-schema.ts";

function envelope(data: Uint8Array, dataBytes?: Uint8Array): Message {
  return { ...Message.decode(new Uint8Array()), data, dataBytes };
}

/** An encoded MessageData of a type with an empty body at the body's own field number. */
function encodeData(kind: MessageKind): Uint8Array {
  const { messageType, bodyCase } = MESSAGE_WIRE_TYPES[kind];
  const snake = bodyCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const field = WIRE_SCHEMA["message.proto"]!.messages["MessageData"]!.fields.find(
    ({ name }) => name === snake,
  )!;
  const tag = (field.number << 3) | 2;
  const tagBytes = tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7];
  return new Uint8Array([0x08, messageType, 0x10, 42, 0x18, 9, ...tagBytes, 0]);
}

const kinds = Object.keys(MESSAGE_WIRE_TYPES) as MessageKind[];

describe("narrowMessage()", () => {
  it("knows all 19 message types and no other", () => {
    const numbers = Object.values(MessageType).filter((value) => value > 0);
    expect(kinds).toHaveLength(19);
    expect(numbers.map(findMessageKind).sort()).toEqual([...kinds].sort());
    expect([0, -1, 9, 10, 22, 1000].map(findMessageKind)).toEqual(Array(6).fill(undefined));
  });

  it.each(kinds)("narrows %s to its own body", (kind) => {
    const message = narrowMessage(envelope(encodeData(kind)));

    expect(message).toMatchObject({ type: kind, fid: 42n, timestamp: 9 });
  });

  it("reads data_bytes, not data, when both are there and disagree", () => {
    const message = narrowMessage(envelope(encodeData("castAdd"), encodeData("castRemove")));

    expect(message.type).toBe("castRemove");
  });

  it("says that a body of another type is a mismatch", () => {
    const data = MessageData.decode(encodeData("castAdd"));
    const bytes = MessageData.encode({ ...data, type: MessageType.LINK_ADD }).finish();

    expect(narrowMessage(envelope(bytes))).toMatchObject({
      type: "unreadable",
      reason: "body_mismatch",
      messageType: MessageType.LINK_ADD,
      fid: 42n,
    });
  });

  it("returns an unknown type with its number and bytes", () => {
    const bytes = new Uint8Array([0x08, 0x63, 0x10, 42]);

    expect(narrowMessage(envelope(bytes))).toMatchObject({
      type: "unreadable",
      reason: "unknown_type",
      messageType: 99,
      dataBytes: bytes,
    });
  });

  it("treats a present but empty data_bytes as undecodable", () => {
    const message = envelope(encodeData("castAdd"), new Uint8Array());

    expect(hashedBytes(message)).toHaveLength(0);
    expect(narrowMessage(message)).toMatchObject({ type: "unreadable", reason: "undecodable" });
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const message = narrowMessage(envelope(bytes));
        expect(message.dataBytes).toEqual(bytes);
      }),
    );
  });
});
