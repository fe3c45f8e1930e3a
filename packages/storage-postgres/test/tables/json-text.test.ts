import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromJsonBytes, toJsonText } from "../../src/tables/json-text.ts";

describe("toJsonText()", () => {
  it("writes what every JSON reader reads back", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), (values) => {
        const parsed = JSON.parse(toJsonText(values)) as (number | string)[];
        expect(parsed.map(BigInt)).toEqual(values);
      }),
    );
  });

  it("escapes text and writes byte strings in hexadecimal", () => {
    const text = toJsonText({ url: 'a"\\\n\u2028', hash: Uint8Array.of(0, 255), none: null });

    expect(text).toBe('{"url":"a\\"\\\\\\n\u2028","hash":"0x00ff","none":null}');
    expect(fromJsonBytes("0x00ff")).toEqual(Uint8Array.of(0, 255));
  });
});
