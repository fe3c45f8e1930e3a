import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCanonicalData } from "../../src/canonical/read-canonical-data.ts";
import { readOtherCast } from "../../src/canonical/read-other-cast.ts";
import { CastAddBody, MessageData, MessageType } from "../../src/index.ts";
import { castBody, damage, damaged, data } from "../support/arbitrary-data.ts";
import { plain } from "../support/plain.ts";

/** Parts of a cast in any order, so that what comes once may come twice, and empty lists. */
const parts = fc.array(
  fc.oneof(
    castBody.map((body) => CastAddBody.encode(CastAddBody.fromPartial(body as object)).finish()),
    fc.constantFrom([0x12, 0], [0x2a, 0], [0x22, 0], [0x40, 0], [0x1a, 0], [0x32, 0], [0x0a, 0]),
  ),
  { maxLength: 4 },
);

/** A cast whose body is these bytes. */
function around(body: Uint8Array): Uint8Array {
  const writer = new BinaryWriter().uint32(8).int32(MessageType.CAST_ADD);
  return writer.uint32(16).uint64(42n).uint32(32).int32(1).uint32(42).bytes(body).finish();
}

const otherCast = parts.map((each) => around(Uint8Array.from(each.flatMap((part) => [...part]))));

/** What `narrowMessage()` makes of bytes: this reader sees what the other one has refused. */
function read(encoded: Uint8Array) {
  return readCanonicalData(encoded) === undefined ? readOtherCast(encoded) : undefined;
}

function expectAsGenerated(encoded: Uint8Array): void {
  const cast = read(encoded);
  if (cast === undefined) return;
  const { messageType, body, ...rest } = cast;
  const whole = { ...rest, type: messageType, body: { $case: "castAddBody", value: body } };
  expect(plain(whole)).toEqual(plain(MessageData.decode(encoded)));
  const again = MessageData.encode(whole as MessageData).finish();
  expect(Buffer.from(again).equals(encoded)).toBe(false);
}

describe("readOtherCast()", () => {
  it("reads fields in any order as the generated decoder does, and none that encode to the same", () => {
    fc.assert(fc.property(otherCast, expectAsGenerated), { numRuns: 2000 });
  });

  it("reads nothing otherwise than the generated decoder, whatever is wrong", () => {
    const damages = fc.array(damage, { minLength: 1, maxLength: 3 });
    const encoded = fc.oneof(
      otherCast,
      data.map((value) => MessageData.encode(value).finish()),
    );
    fc.assert(
      fc.property(encoded, damages, (bytes, each) => {
        expectAsGenerated(each.reduce(damaged, bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("reads no bytes at all, and any bytes, without throwing", () => {
    expect(readOtherCast(new Uint8Array())).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), expectAsGenerated), { numRuns: 1000 });
  });

  it.each([
    ["lists that are empty", [0x12, 0, 0x22, 2, 0x67, 0x6d, 0x2a, 0]],
    [
      "lists behind the rest",
      [0x22, 2, 0x67, 0x6d, 0x32, 3, 0x0a, 1, 0x61, 0x12, 1, 7, 0x2a, 1, 0],
    ],
    ["a text that came twice", [0x22, 1, 0x61, 0x22, 2, 0x67, 0x6d]],
    ["a default that is written", [0x22, 2, 0x67, 0x6d, 0x40, 0]],
  ])("reads %s", (_, body) => {
    const encoded = around(Uint8Array.from(body));
    expect(read(encoded)?.body.text).toBe("gm");
    expectAsGenerated(encoded);
  });

  it.each([
    ["a list that is not packed", [0x10, 7]],
    ["an unknown field", [0xfa, 0x3f, 0]],
    ["text that is no UTF-8", [0x22, 1, 0xff, 0x12, 0]],
    ["an embed in another encoding", [0x32, 2, 0x0a, 0x80, 0x12, 0]],
    ["a field that is cut short", [0x12, 0, 0x22, 5, 0x61]],
  ])("leaves %s to the generated decoder", (_, body) => {
    expect(readOtherCast(around(Uint8Array.from(body)))).toBeUndefined();
  });
});
