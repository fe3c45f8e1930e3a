import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toJson } from "../src/output.ts";

describe("toJson()", () => {
  it("writes bigints as strings wherever they are", () => {
    expect(toJson({ id: 2n ** 63n, list: [1n, { deep: 0n }], text: "1" })).toBe(
      '{"id":"9223372036854775808","list":["1",{"deep":"0"}],"text":"1"}',
    );
  });

  it("writes everything else as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it("writes dates as times", () => {
    expect(toJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });
});
