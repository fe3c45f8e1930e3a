import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskHeader, nodeHeaders, toMetadata } from "../../../src/config/keys/node-headers.ts";

const arbitraryHeader = fc
  .tuple(fc.stringMatching(/^x-[a-z0-9_.-]{0,20}[a-z]$/), fc.stringMatching(/^[!-~]{8,40}$/))
  .filter(([name]) => !name.endsWith("-bin"));

describe("nodeHeaders", () => {
  it("reads what a client can send, from TOML and from text", () => {
    const both = ["x-api-key: secret", "Authorization: Basic YWRh"];

    expect(nodeHeaders.fromToml(both)).toEqual(both);
    expect(nodeHeaders.fromToml("x-api-key: secret")).toEqual(["x-api-key: secret"]);
    expect(nodeHeaders.fromText(both.join(", "))).toEqual(both);
  });

  it.each([
    "secret",
    "x-api-key:",
    "user:secret",
    "x-api-key: ",
    ": secret",
    "x api key: secret",
    "grpc-timeout: 1S",
    "key-bin: secret",
    "x-api-key: sécret",
    "x-api-key: a\nb",
  ])("refuses %j", (header) => {
    expect(nodeHeaders.fromText(header)).toBeUndefined();
    expect(nodeHeaders.fromToml([header])).toBeUndefined();
  });

  it("refuses what is no text", () => {
    expect(nodeHeaders.fromToml([1])).toBeUndefined();
    expect(nodeHeaders.fromToml(["x-api-key: secret", true])).toBeUndefined();
  });
});

describe("toMetadata()", () => {
  it("gives every header that was read", () => {
    fc.assert(
      fc.property(fc.uniqueArray(arbitraryHeader, { selector: ([name]) => name }), (headers) => {
        const read = nodeHeaders.fromToml(headers.map(([name, value]) => `${name}: ${value}`));
        expect(toMetadata(read ?? [])).toEqual(Object.fromEntries(headers));
      }),
    );
  });

  it("takes the last of several with one name, whatever its case", () => {
    expect(toMetadata(["X-Api-Key: old", "x-api-key: new"])).toEqual({ "x-api-key": "new" });
  });
});

describe("maskHeader()", () => {
  it("shows the name alone", () => {
    fc.assert(
      fc.property(arbitraryHeader, ([name, value]) => {
        expect(maskHeader(`${name}: ${value}`)).toBe(`${name}: ***`);
      }),
    );
  });

  it("hides what is no header, as text and as JSON", () => {
    for (const wrong of ["secret", "secret:", '"secret: a"', '["secret","x-api-key: a"]', ""]) {
      expect(maskHeader(wrong)).toBe("***");
    }
  });
});
