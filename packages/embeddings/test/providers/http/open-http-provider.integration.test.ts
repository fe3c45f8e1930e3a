import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EmbeddingError, HttpProviderOptions } from "../../../src/index.ts";
import { openHttpProvider } from "../../../src/index.ts";
import type { EmbeddingApi } from "../../support/embedding-api.ts";
import { startEmbeddingApi } from "../../support/embedding-api.ts";
import { tracesOn } from "../../support/signal-traces.ts";
import { similarity, textVector } from "../../support/text-vector.ts";

const KEY = "sk-very-secret-0123456789";

let api: EmbeddingApi;

beforeEach(async () => {
  api = await startEmbeddingApi({ apiKey: KEY, dimension: 24 });
});

afterEach(() => api.close());

const toOptions = (options: Partial<HttpProviderOptions> = {}): HttpProviderOptions => ({
  endpoint: api.endpoint,
  model: "test-model",
  apiKey: KEY,
  retryMs: 10_000,
  retryDelayMs: 1,
  ...options,
});

const open = (options: Partial<HttpProviderOptions> = {}) => openHttpProvider(toOptions(options));

/** What a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<EmbeddingError> {
  return await call.then(
    () => expect.unreachable(),
    (error: EmbeddingError) => error,
  );
}

describe("openHttpProvider()", () => {
  it("learns the dimension from the first text", async () => {
    const provider = await open();

    expect(provider).toMatchObject({
      model: "test-model",
      dimension: 24,
      maxTokens: 512,
      maxBatchTexts: 64,
    });
    expect(api.counts()).toMatchObject({ callCount: 1, textCount: 1 });
    expect(api.lastCall()?.body).toEqual({
      model: "test-model",
      input: [expect.any(String)],
      encoding_format: "float",
    });
  });

  it("asks for a dimension when one is told, and takes no other", async () => {
    const provider = await open({ dimension: 8 });

    expect(provider.dimension).toBe(8);
    expect(api.lastCall()?.body).toMatchObject({ dimensions: 8 });
  });

  it("fails when the provider has another dimension than was told", async () => {
    api.failNext("wrong_dimension");

    const error = await failureOf(open({ dimension: 24 }));

    expect(error.code).toBe("wrong_dimension");
    expect(error.message).toContain("a vector of 25 numbers where 24 were expected");
  });

  it("tells a missing key, a wrong one and an unknown model apart at once", async () => {
    expect(await failureOf(open({ apiKey: undefined }))).toMatchObject({ code: "key_missing" });
    expect(await failureOf(open({ apiKey: "sk-wrong" }))).toMatchObject({ code: "key_refused" });
    expect(await failureOf(open({ model: "other" }))).toMatchObject({ code: "unknown_model" });
    expect(api.counts().callCount).toBe(3);
  });

  it("knows without a call that OpenAI wants a key", async () => {
    const opening = open({ endpoint: "https://api.openai.com/v1", apiKey: undefined });

    expect(await failureOf(opening)).toMatchObject({ code: "key_missing" });
  });

  it("says that nothing listens, and at which address", async () => {
    const { endpoint } = api;
    await api.close();

    const error = await failureOf(open({ retryMs: 0 }));

    expect(error).toMatchObject({ code: "unreachable", retryable: true });
    expect(error.message).toContain(`${endpoint}/embeddings (ECONNREFUSED)`);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("shows the key nowhere, though the provider repeats it", async () => {
    const wrong = "sk-wrong-but-secret";
    const provider = await open();

    const error = await failureOf(open({ apiKey: wrong }));

    expect(error.message).toContain("Incorrect API key provided: ***");
    expect(inspect(error, { depth: 9 })).not.toContain(wrong);
    expect(inspect(provider, { depth: 9, showHidden: true })).not.toContain(KEY);
  });

  it("ends the opening with the reason of the signal", async () => {
    const reason = new Error("enough");
    api.setFaults({ shares: { rate_limited: 1 }, retryAfterMs: 1 });
    const controller = new AbortController();

    const opening = open({ signal: controller.signal, onRetry: () => controller.abort(reason) });

    await expect(opening).rejects.toBe(reason);
  });

  it("does not follow redirects, which would send texts elsewhere", async () => {
    const server = createServer((_, response) => {
      response.writeHead(308, { location: `${api.endpoint}/embeddings` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;

    const error = await failureOf(open({ endpoint: `http://127.0.0.1:${port}/v1` }));
    server.close();
    server.closeAllConnections();

    expect(error).toMatchObject({ code: "unknown_model", status: 308 });
    expect(api.counts().callCount).toBe(0);
  });
});

describe("embed()", () => {
  it("gives each text its vector, in their order", async () => {
    const provider = await open();
    const texts = ["gm farcaster", "gm", "🎩 for everyone"];

    const { vectors, tokenCount } = await provider.embed(texts);

    expect(vectors).toEqual(texts.map((text) => textVector(text, 24)));
    expect(tokenCount).toBe(2 + 1 + 3 + 3 * 2);
    expect(similarity(vectors[0]!, vectors[1]!)).toBeGreaterThan(
      similarity(vectors[0]!, vectors[2]!),
    );
  });

  it("puts vectors in order that come as base64 and out of it", async () => {
    await using peculiar = await startEmbeddingApi({ isPeculiar: true, dimension: 5 });
    const provider = await open({ endpoint: `${peculiar.endpoint}/`, apiKey: undefined });

    const { vectors } = await provider.embed(["one", "two", "three"]);

    expect(vectors).toEqual(["one", "two", "three"].map((text) => textVector(text, 5)));
  });

  it("puts the prefix of the role before each text, and counts it", async () => {
    const provider = await open({ documentPrefix: "passage: ", queryPrefix: "query: " });

    await provider.embed(["gm"]);
    await provider.embed(["gm"], { role: "query" });

    expect(api.sentCount("passage: gm")).toBe(1);
    expect(api.sentCount("query: gm")).toBe(1);
    expect(provider.countTokens("gm")).toBe(2 + "passage".length / 4 + 0.25 + 1 + 1);
  });

  it("sends nothing for no texts, and refuses too many", async () => {
    const provider = await open({ maxBatchTexts: 2 });
    api.resetCounts();

    expect(await provider.embed([])).toEqual({ vectors: [], tokenCount: 0 });
    await expect(provider.embed(["a", "b", "c"])).rejects.toThrow(
      new TypeError("Expected at most 2 texts (`maxBatchTexts`) in a call, got 3"),
    );
    expect(api.counts().callCount).toBe(0);
  });

  it("tries again after whatever may pass, and reports it", async () => {
    const codes: string[] = [];
    const provider = await open({ onRetry: (error) => void codes.push(error.code) });
    api.setFaults({ retryAfterMs: 1 });
    api.failNext("rate_limited", "server_error", "overloaded", "truncated", "html", "reset");

    const { vectors } = await provider.embed(["gm"]);

    expect(vectors).toEqual([textVector("gm", 24)]);
    expect(api.sentCount("gm")).toBe(7);
    expect(codes).toEqual([
      "rate_limited",
      "provider_failed",
      "provider_failed",
      "malformed_answer",
      "malformed_answer",
      "unreachable",
    ]);
  });

  it("gives every text its vector though half of the calls go wrong", async () => {
    const provider = await open({ timeoutMs: 2000 });
    const share = 1 / 12;
    const shares = {
      rate_limited: share,
      server_error: share,
      overloaded: share,
      truncated: share,
      html: share,
      reset: share,
    };
    api.setFaults({ seed: 7, shares, retryAfterMs: 1 });
    const texts = Array.from({ length: 40 }, (_, index) => `cast number ${index}`);

    const embedded = await Promise.all(texts.map((text) => provider.embed([text])));

    expect(embedded.map(({ vectors }) => vectors[0])).toEqual(
      texts.map((text) => textVector(text, 24)),
    );
    expect(Object.keys(api.counts().faultCounts).length).toBeGreaterThan(3);
    expect(texts.map((text) => api.embeddedCount(text))).toEqual(texts.map(() => 1));
  });

  it("fails at once when it is asked to wait longer than it may", async () => {
    const provider = await open();
    api.setFaults({ shares: { rate_limited: 1 }, retryAfterMs: 10_001 });
    api.resetCounts();

    const error = await failureOf(provider.embed(["gm"]));

    expect(error).toMatchObject({ code: "rate_limited", status: 429, retryAfterMs: 10_001 });
    expect(api.counts().callCount).toBe(1);
  });

  it("does not try again when the account has no quota left", async () => {
    const provider = await open();
    api.setFaults({ shares: { quota_exhausted: 1 } });
    api.resetCounts();

    const error = await failureOf(provider.embed(["gm"]));

    expect(error.code).toBe("rate_limited");
    expect(error.message).toContain("no quota left");
    expect(api.counts().callCount).toBe(1);
  });

  it.each([
    ["server_error", "provider_failed"],
    ["truncated", "malformed_answer"],
    ["html", "malformed_answer"],
    ["reset", "unreachable"],
  ] as const)("fails for good when %s does not end", async (fault, code) => {
    const provider = await open({ retryMs: 20 });
    api.setFaults({ shares: { [fault]: 1 } });
    api.resetCounts();

    expect(await failureOf(provider.embed(["gm"]))).toMatchObject({ code, retryable: true });
    expect(api.counts().callCount).toBeGreaterThan(1);
  });

  it("gives up an answer that does not come in time, and tries again", async () => {
    const codes: string[] = [];
    const provider = await open({
      timeoutMs: 500,
      onRetry: (error) => void codes.push(`${error.code} ${error.message}`),
    });
    api.setFaults({ slowMs: 60_000 });
    api.failNext("slow");

    await provider.embed(["gm"]);

    expect(codes).toEqual([expect.stringContaining("unreachable")]);
    expect(codes[0]).toContain("within 500 ms");
  });

  it("does not try again with vectors of another dimension than its own", async () => {
    const provider = await open();
    api.failNext("wrong_dimension");
    api.resetCounts();

    expect(await failureOf(provider.embed(["gm"]))).toMatchObject({ code: "wrong_dimension" });
    expect(api.counts().callCount).toBe(1);
  });

  it("says that a text is refused, and whether it is for its length", async () => {
    const provider = await open();
    api.setFaults({ refusedPattern: "forbidden", maxWords: 3 });
    api.resetCounts();

    const refused = await failureOf(provider.embed(["fine", "a forbidden word"]));
    const tooLong = await failureOf(provider.embed(["one two three four"]));

    expect(refused).toMatchObject({ code: "text_refused", isTooLong: false, status: 400 });
    expect(tooLong).toMatchObject({ code: "text_refused", isTooLong: true, status: 400 });
    expect(api.counts()).toMatchObject({ callCount: 2, embeddedCount: 0 });
    expect((await provider.embed(["one two three"])).vectors).toHaveLength(1);
  });

  it("throws the reason of its signal, before a call, during it and between tries", async () => {
    const waiting = new AbortController();
    const provider = await open({ onRetry: () => waiting.abort("between") });
    const impatient = await open({ retryMs: 0 });
    api.setFaults({ slowMs: 60_000 });

    await expect(provider.embed(["gm"], { signal: AbortSignal.abort("before") })).rejects.toBe(
      "before",
    );
    api.failNext("slow");
    await expect(
      impatient.embed(["gm"], { signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({
      name: "TimeoutError",
    });
    api.failNext("server_error");
    await expect(provider.embed(["gm"], { signal: waiting.signal })).rejects.toBe("between");
  });

  it("leaves nothing with the signal of calls that are over", async () => {
    const provider = await open();
    const { signal } = new AbortController();

    for (let call = 0; call < 50; call++) await provider.embed([`text ${call}`], { signal });

    expect(tracesOn(signal)).toBe(0);
  });
});
