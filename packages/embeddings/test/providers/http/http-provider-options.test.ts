import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import type { HttpProviderOptions } from "../../../src/index.ts";
import { openHttpProvider } from "../../../src/index.ts";
import { resolveHttpProviderOptions } from "../../../src/providers/http/http-provider-options.ts";

const needed = { endpoint: "https://api.example/v1", model: "small" };

describe("resolveHttpProviderOptions()", () => {
  it("applies the documented defaults", () => {
    expect(resolveHttpProviderOptions(needed)).toEqual({
      url: new URL("https://api.example/v1/embeddings"),
      shownUrl: "https://api.example/v1/embeddings",
      headers: { "content-type": "application/json" },
      secrets: [],
      hasKey: false,
      model: "small",
      dimension: undefined,
      maxTokens: 512,
      maxBatchTexts: 64,
      timeoutMs: 60_000,
      retryMs: 120_000,
      retryDelayMs: 500,
      prefixes: { document: "", query: "" },
      onRetry: undefined,
      clock: systemClock,
      signal: undefined,
    });
  });

  it.each([
    ["https://api.example/v1/", "https://api.example/v1/embeddings"],
    ["http://localhost:8080", "http://localhost:8080/embeddings"],
    ["https://api.example/v1?api-version=1", "https://api.example/v1/embeddings?api-version=1"],
  ])("finds the call of %s", (endpoint, url) => {
    expect(resolveHttpProviderOptions({ ...needed, endpoint }).url.href).toBe(url);
  });

  it("sends the key as a bearer token, and takes an empty one for none", () => {
    expect(resolveHttpProviderOptions({ ...needed, apiKey: "k" }).headers).toMatchObject({
      authorization: "Bearer k",
    });
    expect(resolveHttpProviderOptions({ ...needed, apiKey: "" }).hasKey).toBe(false);
  });

  it("sends credentials of the endpoint apart from it, as Node.js would not", () => {
    const endpoint = "https://user:p%40ss@api.example/v1";
    const { url, headers, shownUrl, hasKey } = resolveHttpProviderOptions({ ...needed, endpoint });

    expect(url.href).toBe("https://api.example/v1/embeddings");
    expect(shownUrl).toBe("https://***@api.example/v1/embeddings");
    expect(headers["authorization"]).toBe(`Basic ${btoa("user:p@ss")}`);
    expect(hasKey).toBe(true);
  });

  const refused: readonly (readonly [Partial<HttpProviderOptions>, string])[] = [
    [{ endpoint: "localhost:11434" }, 'an http or https URL, got "localhost:11434"'],
    [{ endpoint: "ftp://api.example" }, 'got "ftp://api.example"'],
    [{ endpoint: "" }, 'got ""'],
    [{ model: " " }, '`model` to be a text, got " "'],
    [{ dimension: 0 }, "`dimension` to be an integer of at least 1, got 0"],
    [{ dimension: 1.5 }, "got 1.5"],
    [{ maxTokens: -1 }, "`maxTokens`"],
    [{ maxBatchTexts: 0 }, "`maxBatchTexts`"],
    [{ timeoutMs: 0 }, "`timeoutMs` to be a positive number of at most 2147483647, got 0"],
    [{ timeoutMs: Number.NaN }, "got NaN"],
    [{ retryMs: -1 }, "`retryMs` to be a positive number of at most 2147483647, got -1"],
    [{ retryDelayMs: 0 }, "`retryDelayMs`"],
  ];

  it.each(refused)("refuses %j", async (options, message) => {
    const opening = openHttpProvider({ ...needed, ...options });

    await expect(opening).rejects.toThrow(TypeError);
    await expect(opening).rejects.toThrow(message);
  });

  it.each<[string, Partial<HttpProviderOptions>]>([
    ["a key that no header can hold", { apiKey: "secret\n" }],
    ["a key and credentials", { apiKey: "secret", endpoint: "https://u:secret@api.example" }],
    ["an address that is none", { endpoint: "api://u:secret@api.example" }],
  ])("refuses %s without repeating it", (_, options) => {
    const resolve = () => resolveHttpProviderOptions({ ...needed, ...options });

    expect(resolve).toThrow(TypeError);
    expect(resolve).not.toThrow(/secret/);
  });

  it("takes 0 for no retries, and options that are undefined for absent ones", () => {
    expect(resolveHttpProviderOptions({ ...needed, retryMs: 0 }).retryMs).toBe(0);
    expect(
      resolveHttpProviderOptions({ ...needed, maxTokens: undefined, apiKey: undefined }),
    ).toEqual(resolveHttpProviderOptions(needed));
  });
});
