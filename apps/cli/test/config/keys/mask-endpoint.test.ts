import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskEndpoint } from "../../../src/config/keys/mask-endpoint.ts";

describe("maskEndpoint()", () => {
  it.each([
    ["https://models.example/v1", "https://models.example/v1"],
    ["https://sk-live-abc@models.example/v1", "https://***@models.example/v1"],
    ["https://ada:secret@models.example/v1", "https://***@models.example/v1"],
    ["https://models.example/v1?api-key=SECRET", "https://models.example/v1?api-key=***"],
    ["http://localhost/v1?a=SECRET&b=SECRET#c", "http://localhost/v1?a=***&b=***#c"],
    ["http://localhost/v1?SECRET", "http://localhost/v1?***"],
    ["https://sk?live@models.example/v1", "https://***"],
    ["http://localhost/v1?key=a@SECRET", "http://***"],
    ["sk-live-abc@models.example/v1", "***@models.example/v1"],
    ['"ftp://sk-live-abc@models.example"', '"ftp://***@models.example"'],
  ])("shows %s as %s", (endpoint, shown) => {
    expect(maskEndpoint(endpoint)).toBe(shown);
  });

  it("shows no key of any URL", () => {
    const keys = fc.string({ minLength: 4 }).map((text) => `${text.replace(/[&#]/g, "")}-secret`);
    fc.assert(
      fc.property(keys, fc.constantFrom("", ":", ":x", ":x@y"), (key, rest) => {
        expect(maskEndpoint(`https://${key}${rest}@localhost/v1`)).not.toContain(key);
        expect(maskEndpoint(`https://localhost/v1?key=${key}`)).not.toContain("-secret");
        expect(maskEndpoint(`https://localhost/v1?a=b&${key}`)).not.toContain("-secret");
      }),
    );
  });
});
