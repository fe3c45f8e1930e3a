import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCanonicalData } from "../../src/canonical/read-canonical-data.ts";
import { MESSAGE_WIRE_TYPES, MessageData } from "../../src/index.ts";
import { damage, damaged, data } from "../support/arbitrary-data.ts";
import { plain } from "../support/plain.ts";

function expectAsGenerated(encoded: Uint8Array): void {
  const read = readCanonicalData(encoded);
  if (read === undefined) return;
  const { type, body, ...rest } = read;
  const { messageType, bodyCase } = MESSAGE_WIRE_TYPES[type];
  const whole = { ...rest, type: messageType, body: { $case: bodyCase, value: body } };
  expect(plain(whole)).toEqual(plain(MessageData.decode(encoded)));
  const again = MessageData.encode(whole as MessageData).finish();
  expect(Buffer.from(again).equals(encoded)).toBe(true);
}

describe("readCanonicalData()", () => {
  it("reads what this package encodes, as the generated decoder does", () => {
    fc.assert(
      fc.property(data, (value) => {
        const encoded = MessageData.encode(value).finish();
        expect(readCanonicalData(encoded)).toBeDefined();
        expectAsGenerated(encoded);
      }),
      { numRuns: 500 },
    );
  });

  it("reads nothing that would encode to other bytes", () => {
    fc.assert(
      fc.property(data, fc.array(damage, { minLength: 1, maxLength: 3 }), (value, damages) => {
        expectAsGenerated(damages.reduce(damaged, MessageData.encode(value).finish()));
      }),
      { numRuns: 1000 },
    );
  });

  it("reads no bytes at all, and any bytes, without throwing", () => {
    expect(readCanonicalData(new Uint8Array())).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), expectAsGenerated), { numRuns: 1000 });
  });

  it.each([
    ["a fid in more bytes than it takes", [0x08, 3, 0x10, 0x80 | 42, 0, 0x3a, 0]],
    ["a default that is written", [0x08, 3, 0x10, 0, 0x3a, 0]],
    ["fields in another order", [0x10, 42, 0x08, 3, 0x3a, 0]],
    ["a field that came twice", [0x08, 3, 0x08, 3, 0x10, 42, 0x3a, 0]],
    ["an unknown field", [0x08, 3, 0x10, 42, 0x3a, 0, 0xfa, 0x3f, 0]],
    ["a body that ends too early", [0x08, 3, 0x10, 42, 0x3a, 2, 8]],
    ["a body of another type", [0x08, 3, 0x10, 42, 0x72, 0]],
    ["a number that is cut short", [0x08, 3, 0x10, 0xaa]],
    ["a byte order mark", [0x08, 5, 0x72, 5, 0x0a, 3, 0xef, 0xbb, 0xbf]],
    ["text that is no UTF-8", [0x08, 5, 0x72, 3, 0x0a, 1, 0xff]],
    ["a fid of more than 49 bits", [0x08, 3, 0x10, ...Array(7).fill(0xff), 1, 0x3a, 0]],
  ])("leaves %s to the generated decoder", (_, encoded) => {
    expect(readCanonicalData(Uint8Array.from(encoded))).toBeUndefined();
  });
});
