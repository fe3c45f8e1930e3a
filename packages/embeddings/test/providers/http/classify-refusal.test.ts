import { describe, expect, it } from "vitest";
import type { EmbeddingErrorCode } from "../../../src/index.ts";
import type { RefusalScope } from "../../../src/providers/http/classify-refusal.ts";
import { classifyRefusal } from "../../../src/providers/http/classify-refusal.ts";

const scope: RefusalScope = {
  shownUrl: "https://api.example/v1/embeddings",
  secrets: ["sk-secret"],
  hasKey: true,
  model: "small",
  dimension: undefined,
};

function classify(status: number, body: unknown, given: Partial<RefusalScope> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return classifyRefusal({ status, headers: new Headers(), body: text }, { ...scope, ...given });
}

const openAi = (message: string, code: string | null = null) => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

interface Expected {
  readonly code: EmbeddingErrorCode;
  readonly mayPass?: boolean;
  readonly isTooLong?: boolean;
}

const tooLong: Expected = { code: "text_refused", isTooLong: true };

// The bodies are as the named providers send them.
const cases: readonly (readonly [string, number, unknown, Expected])[] = [
  ["OpenAI: wrong key", 401, openAi("Incorrect API key"), { code: "key_refused" }],
  ["OpenAI: country", 403, openAi("Country not supported"), { code: "key_refused" }],
  ["OpenAI: model", 404, openAi("no", "model_not_found"), { code: "unknown_model" }],
  ["OpenAI: project", 403, openAi("no access", "model_not_found"), { code: "unknown_model" }],
  ["a wrong path", 404, "<h1>Not Found</h1>", { code: "unknown_model" }],
  ["a redirect", 308, "", { code: "unknown_model" }],
  ["Mistral: model", 400, { message: "Invalid model: x", code: "1500" }, { code: "unknown_model" }],
  ["Ollama: model", 404, openAi('model "x" not found'), { code: "unknown_model" }],
  ["vLLM: model", 400, openAi("The model `x` does not exist."), { code: "unknown_model" }],
  ["OpenAI: too often", 429, openAi("Rate limit"), { code: "rate_limited", mayPass: true }],
  ["OpenAI: no quota", 429, openAi("quota", "insufficient_quota"), { code: "rate_limited" }],
  ["not paid", 402, openAi("Insufficient credits"), { code: "rate_limited" }],
  ["OpenAI: larger than a minute", 429, openAi("Request too large for small"), tooLong],
  ["a failure", 500, openAi("The server had an error"), { code: "provider_failed", mayPass: true }],
  ["a proxy's page", 502, "<html>", { code: "provider_failed", mayPass: true }],
  ["overloaded", 503, "", { code: "provider_failed", mayPass: true }],
  ["a status of their own", 529, "", { code: "provider_failed", mayPass: true }],
  ["timed out", 408, "", { code: "provider_failed", mayPass: true }],
  ["a conflict", 409, "", { code: "provider_failed", mayPass: true }],
  ["too early", 425, "", { code: "provider_failed", mayPass: true }],
  ["a teapot", 418, "", { code: "provider_failed" }],
  ["OpenAI: input", 400, openAi("'$.input' is invalid."), { code: "text_refused" }],
  [
    "OpenAI: too long",
    400,
    openAi("This model's maximum context length is 8192 tokens, however you requested 9000."),
    tooLong,
  ],
  [
    "TEI: too long",
    413,
    { error: "Input validation error: `inputs` must have less than 512 tokens.", type: "x" },
    tooLong,
  ],
  ["TEI: tokenizer", 422, { error: "Tokenization error" }, { code: "text_refused" }],
  ["Ollama: too long", 400, openAi("the input length exceeds the context length"), tooLong],
  ["Ollama before 0.6", 500, openAi("the input length exceeds the context length"), tooLong],
  ["llama.cpp", 500, openAi("input is too large to process. increase the batch size"), tooLong],
  ["nginx: body", 413, "<html>413 Request Entity Too Large</html>", tooLong],
  ["Cohere: too many tokens", 400, { message: "too many tokens: 600" }, tooLong],
  [
    "FastAPI",
    422,
    { detail: [{ msg: "Input should be a valid string", input: "is too long" }] },
    { code: "text_refused" },
  ],
];

describe("classifyRefusal()", () => {
  it.each(cases)("reads %s", (_, status, body, { code, mayPass = false, isTooLong = false }) => {
    const failure = classify(status, body);

    expect(failure.error).toMatchObject({ code, status, isTooLong });
    expect(failure.mayPass).toBe(mayPass);
  });

  it("asks for a key where none was given", () => {
    expect(classify(401, "", { hasKey: false }).error.code).toBe("key_missing");
    expect(classify(403, "", { hasKey: false }).error.code).toBe("key_missing");
  });

  it("takes what is said of dimensions for the option, when that was sent", () => {
    const body = openAi("This model does not support specifying dimensions.");

    expect(classify(400, body, { dimension: 64 }).error.code).toBe("wrong_dimension");
    expect(classify(400, body).error.code).toBe("text_refused");
  });

  it("says who answered what, and what to do", () => {
    expect(classify(404, openAi("no such\nmodel")).error.message).toBe(
      '[unknown_model] https://api.example/v1/embeddings answers 404 for model "small": "no such model". Check `model`, and that `/embeddings` is under `endpoint`.',
    );
  });

  it("never repeats the key, wherever the provider does", () => {
    const { error } = classify(401, openAi("Incorrect API key provided: sk-secret"));

    expect(error.message).toContain("provided: ***");
    expect(error.message).not.toContain("sk-secret");
  });

  it("says how long to wait where there is something to wait for", () => {
    const headers = new Headers({ "retry-after": "7" });

    const limited = classifyRefusal({ status: 429, headers, body: "" }, scope);
    const refused = classifyRefusal({ status: 400, headers, body: "" }, scope);

    expect(limited.error.retryAfterMs).toBe(7000);
    expect(refused.error.retryAfterMs).toBeUndefined();
  });
});
