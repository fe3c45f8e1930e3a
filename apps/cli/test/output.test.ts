import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOutput, toJson } from "../src/output.ts";
import { Capture } from "./support/run-in-process.ts";

describe("createOutput()", () => {
  it("writes lines without what a terminal would obey", () => {
    const stdout = new Capture();
    const stderr = new Capture();
    const output = createOutput(stdout, stderr);

    output.line("one\ntwo \u001b]0;title\u0007 \u009b2J\r\u007f three");
    output.errorLine("\u001b[2J");

    expect(stdout.text).toBe("one\ntwo  ]0;title   2J   three\n");
    expect(stderr.text).toBe(" [2J\n");
  });
});

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

  it("escapes every control character, so that a terminal obeys none and nothing is lost", () => {
    const text = "\u001b[2J\u007f\u0085\u009b2J\n";

    expect(toJson({ text })).toBe('{"text":"\\u001b[2J\\u007f\\u0085\\u009b2J\\n"}');
    expect(JSON.parse(toJson({ text }))).toEqual({ text });
  });

  it("writes dates as times", () => {
    expect(toJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });
});
