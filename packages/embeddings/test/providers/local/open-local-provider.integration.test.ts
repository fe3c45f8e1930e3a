import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "@huggingface/transformers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EmbeddingError, LocalProviderOptions } from "../../../src/index.ts";
import { openLocalProvider } from "../../../src/index.ts";
import type { TinyModel } from "../../support/tiny-model.ts";
import { writeTinyModel } from "../../support/tiny-model.ts";

const WORDS = ["hello", "world", "farcaster", "query", "passage", ":"];
const DIMENSION = 12;
const MAX_TOKENS = 16;

let folder: string;
let tiny: TinyModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "snaprag-models-"));
  const options = { words: WORDS, dimension: DIMENSION, maxTokens: MAX_TOKENS, seed: 3 };
  tiny = await writeTinyModel(join(folder, "tiny"), options);
});

afterAll(() => rm(folder, { recursive: true }));

const open = (options: Partial<LocalProviderOptions> = {}) =>
  openLocalProvider({ model: "tiny", folder, isDownloadAllowed: false, threads: 1, ...options });

async function failureOf(call: Promise<unknown>): Promise<EmbeddingError> {
  return await call.then(
    () => expect.unreachable(),
    (error: EmbeddingError) => error,
  );
}

/** Copies the model under another name, for the test to spoil. */
async function copyModel(name: string): Promise<string> {
  const path = join(folder, name);
  await cp(join(folder, "tiny"), path, { recursive: true });
  return path;
}

/** The mean of the tokens' vectors by hand, of unit length. */
function meanOf(...tokens: readonly string[]): readonly number[] {
  const vectors = tokens.map((token) => tiny.vectorOf(token));
  const sums = Array.from({ length: DIMENSION }, (_, place) =>
    vectors.reduce((sum, vector) => sum + vector[place]!, 0),
  );
  const length = Math.hypot(...sums);
  return sums.map((sum) => sum / length);
}

function expectNear(vector: Float32Array | undefined, expected: readonly number[]): void {
  expect(vector).toHaveLength(expected.length);
  for (const [place, value] of expected.entries()) expect(vector![place]).toBeCloseTo(value, 6);
}

describe("openLocalProvider()", () => {
  it("says what the model is like", async () => {
    await using provider = await open();

    expect(provider).toMatchObject({
      model: "tiny",
      dimension: DIMENSION,
      maxTokens: MAX_TOKENS,
      maxBatchTexts: 16,
    });
  });

  it("never takes longer texts than the tokenizer does", async () => {
    await using shorter = await open({ maxTokens: 5 });
    await using longer = await open({ maxTokens: 4096 });

    expect(shorter.maxTokens).toBe(5);
    expect(longer.maxTokens).toBe(MAX_TOKENS);
  });

  it("takes 512 tokens where the tokenizer knows no limit", async () => {
    await writeTinyModel(join(folder, "endless"), {
      words: WORDS,
      dimension: 4,
      maxTokens: 1e30,
    });
    await using provider = await open({ model: "endless" });

    expect(provider.maxTokens).toBe(512);
  });

  it("embeds by the mean of all tokens, those that frame the text included", async () => {
    await using provider = await open();

    const { vectors, tokenCount } = await provider.embed(["hello world"]);

    expectNear(vectors[0], meanOf("[CLS]", "hello", "world", "[SEP]"));
    expect(tokenCount).toBe(4);
  });

  it("gives a text the same vector whatever else is in its batch", async () => {
    await using provider = await open();
    const texts = ["hello", "farcaster hello hello world farcaster", "Hello, WORLD", "zzz"];

    const { vectors } = await provider.embed(texts);

    expectNear(vectors[0], meanOf("[CLS]", "hello", "[SEP]"));
    expectNear(
      vectors[1],
      meanOf("[CLS]", "farcaster", "hello", "hello", "world", "farcaster", "[SEP]"),
    );
    expectNear(vectors[2], meanOf("[CLS]", "hello", "[UNK]", "world", "[SEP]"));
    expectNear(vectors[3], meanOf("[CLS]", "[UNK]", "[SEP]"));
  });

  it.each([
    ["cls", "[CLS]"],
    ["last_token", "[SEP]"],
  ] as const)("pools by %s, and never takes padding for a token", async (pooling, token) => {
    await using provider = await open({ pooling });

    const { vectors } = await provider.embed(["hello", "hello world farcaster"]);

    expectNear(vectors[0], meanOf(token));
    expectNear(vectors[1], meanOf(token));
  });

  it("puts the prefix of the role before each text, and counts it", async () => {
    await using provider = await open({ documentPrefix: "passage: ", queryPrefix: "query:" });

    const asDocument = await provider.embed(["hello"]);
    const asQuery = await provider.embed(["hello"], { role: "query" });

    expectNear(asDocument.vectors[0], meanOf("[CLS]", "passage", ":", "hello", "[SEP]"));
    expectNear(asQuery.vectors[0], meanOf("[CLS]", "query", ":", "hello", "[SEP]"));
    expect(provider.countTokens("hello")).toBe(5);
  });

  it.each([
    ["", 2],
    ["hello", 3],
    ["Hello, world!", 6],
    ["zzz zzz", 4],
  ])("counts the tokens of %j exactly", async (text, count) => {
    await using provider = await open();

    expect(provider.countTokens(text)).toBe(count);
  });

  it("takes a text of the greatest length, and refuses a longer one instead of cutting it", async () => {
    await using provider = await open();
    const longest = Array.from({ length: MAX_TOKENS - 2 }, () => "hello").join(" ");

    const { vectors } = await provider.embed([longest]);
    const error = await failureOf(provider.embed(["hello", `${longest} world`]));

    expectNear(vectors[0], meanOf("[CLS]", ...longest.split(" "), "[SEP]"));
    expect(error).toMatchObject({ code: "text_refused", isTooLong: true });
    expect(error.message).toContain(`has ${MAX_TOKENS + 1} tokens`);
  });

  it("embeds nothing for no texts, and refuses too many", async () => {
    await using provider = await open({ maxBatchTexts: 1 });

    expect(await provider.embed([])).toEqual({ vectors: [], tokenCount: 0 });
    await expect(provider.embed(["hello", "world"])).rejects.toThrow(TypeError);
  });

  it("throws the reason of its signal, before the model computes and after", async () => {
    await using provider = await open();
    const controller = new AbortController();

    const call = provider.embed(["hello"], { signal: controller.signal });
    controller.abort("meanwhile");

    await expect(call).rejects.toBe("meanwhile");
    await expect(provider.embed(["hello"], { signal: AbortSignal.abort("before") })).rejects.toBe(
      "before",
    );
  });

  it("waits for running calls before it frees the model, and is disposed once", async () => {
    const provider = await open();
    const calls = Array.from({ length: 8 }, () => provider.embed(["hello world"]));

    await Promise.all([provider[Symbol.asyncDispose](), provider[Symbol.asyncDispose]()]);

    expect(await Promise.all(calls)).toHaveLength(8);
    await expect(provider.embed(["hello"])).rejects.toThrow("disposed");
  });

  it("fails when the model has another dimension than was told", async () => {
    const error = await failureOf(open({ dimension: DIMENSION + 1 }));

    expect(error.code).toBe("wrong_dimension");
    expect(error.message).toContain(`vectors of ${DIMENSION} numbers, and \`dimension\` is 13`);
  });

  it("names the files that are missing, and where", async () => {
    const nowhere = await failureOf(open({ model: "nowhere" }));
    const otherDtype = await failureOf(open({ dtype: "q8" }));

    expect(nowhere.code).toBe("model_unavailable");
    expect(nowhere.message).toContain(`${join(folder, "nowhere")} lacks config.json, tokenizer`);
    expect(otherDtype.message).toContain("tiny lacks onnx/model_quantized.onnx.");
  });

  it("loads a model once its missing file is there", async () => {
    const path = await copyModel("halved");
    const file = join(path, "tokenizer_config.json");
    const content = await readFile(file);
    await rm(file);

    const error = await failureOf(open({ model: "halved" }));
    await writeFile(file, content);
    await using provider = await open({ model: "halved" });

    expect(error.message).toContain("lacks tokenizer_config.json.");
    expect(provider.dimension).toBe(DIMENSION);
  });

  it.each([
    ["onnx/model.onnx", "garbage"],
    ["tokenizer.json", "{"],
    ["config.json", "<html>"],
  ])("names the path of a model whose %s is none", async (file, content) => {
    const name = `broken-${file.replaceAll(/\W/g, "-")}`;
    const path = await copyModel(name);
    await writeFile(join(path, file), content);

    const error = await failureOf(open({ model: name }));

    expect(error.code).toBe("model_unavailable");
    expect(error.message).toContain(`the model in ${path} cannot be loaded: `);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("keeps models of one name in different folders apart", async () => {
    const other = await mkdtemp(join(tmpdir(), "snaprag-models-"));
    await writeTinyModel(join(other, "tiny"), { words: WORDS, dimension: 4, maxTokens: 9 });

    await using provider = await open({ folder: other });
    const { vectors } = await provider.embed(["hello"]);
    await rm(other, { recursive: true });

    expect(provider).toMatchObject({ dimension: 4, maxTokens: 9 });
    expect(vectors[0]).toHaveLength(4);
  });

  it("downloads what is not there into the folder, and needs no network afterwards", async () => {
    const requests: (string | undefined)[] = [];
    const hub = createServer((request, response) => {
      requests.push(request.url);
      const name = request.url?.replace("/someone/remote/resolve/main/", "") ?? "";
      readFile(join(folder, "tiny", name)).then(
        (content) => response.writeHead(200, { "content-length": content.length }).end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    const cacheFolder = await mkdtemp(join(tmpdir(), "snaprag-cache-"));
    const { remoteHost, cacheDir } = env;
    env.remoteHost = `http://127.0.0.1:${(hub.address() as AddressInfo).port}/`;
    env.cacheDir = cacheFolder;
    const options = { model: "someone/remote", isDownloadAllowed: true };

    try {
      await using downloaded = await open(options);
      const requestCount = requests.length;
      await using again = await open(options);
      await using offline = await open({ ...options, isDownloadAllowed: false });

      expect(requestCount).toBeGreaterThan(0);
      expect(requests).toHaveLength(requestCount);
      for (const provider of [downloaded, again, offline]) {
        const { vectors } = await provider.embed(["hello"]);
        expectNear(vectors[0], meanOf("[CLS]", "hello", "[SEP]"));
      }
      expect(await failureOf(open({ ...options, model: "someone/else" }))).toMatchObject({
        code: "model_unavailable",
      });
    } finally {
      env.remoteHost = remoteHost;
      env.cacheDir = cacheDir;
      hub.close();
      hub.closeAllConnections();
      await rm(cacheFolder, { recursive: true });
    }
  });
});
