import { describe, expect, it } from "vitest";
import { listSecrets, quote, toShownUrl } from "../../../src/providers/http/secrets.ts";

const plain = new URL("https://api.example/v1");

describe("quote()", () => {
  it("replaces the key wherever it stands", () => {
    const secrets = listSecrets("sk-1234", plain);

    expect(quote("key sk-1234 (Bearer sk-1234) is wrong", secrets)).toBe(
      "key *** (Bearer ***) is wrong",
    );
  });

  it("replaces it before it cuts, so that no part of it is left", () => {
    const secrets = listSecrets("sk-1234567890", plain);
    const quoted = quote(`${"x".repeat(195)}sk-1234567890`, secrets);

    expect(quoted).toBe(`${"x".repeat(195)}***`);
  });

  it("cuts what is long, and puts it on one line", () => {
    const quoted = quote(`<html>\n\n  <p>${"x".repeat(500)}`, []);

    expect(quoted).toBe(`<html> <p>${"x".repeat(190)}…`);
  });

  it("knows every form in which credentials of the endpoint may come back", () => {
    const url = new URL("https://user:p%40ss@api.example/v1");
    const secrets = listSecrets(undefined, url);
    const basic = Buffer.from("user:p@ss").toString("base64");

    expect(quote(`p%40ss p@ss ${basic}`, secrets)).toBe("*** *** ***");
  });
});

describe("toShownUrl()", () => {
  it("shows neither credentials nor a query", () => {
    const url = new URL("https://user:pass@api.example:8443/v1/embeddings?key=secret#part");

    expect(toShownUrl(url)).toBe("https://***@api.example:8443/v1/embeddings");
  });
});
