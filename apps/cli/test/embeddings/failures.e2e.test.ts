// Everything that can go wrong with embeddings, in the built program's own words and exit codes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EmbeddingApi } from "../../../../packages/embeddings/test/support/embedding-api.ts";
import { startEmbeddingApi } from "../../../../packages/embeddings/test/support/embedding-api.ts";
import { writeTinyModel } from "../../../../packages/embeddings/test/support/tiny-model.ts";
import { runCli } from "../support/built-cli.ts";
import type { Workplace } from "../support/databases.ts";
import { onServer } from "../support/databases.ts";

const KEY = "sk-secret-of-somebody";

let devnet: Devnet;
let workplace: Workplace;
let api: EmbeddingApi;

beforeAll(async () => {
  devnet = createDevnet({ users: 12, messages: 300, blockMs: 0 });
  await devnet.start();
  workplace = await onServer();
  api = await startEmbeddingApi({ apiKey: KEY, dimension: 16 });
  const node = ["--snapchain-endpoint", devnet.endpoint, "--until-synced"];
  await runCli(["sync", ...node, ...workplace.databaseFlags], workplace);
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await workplace[Symbol.asyncDispose]();
  await devnet.stop();
});

interface Given {
  readonly argv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What the program says on stderr, and its exit code. */
async function failureOf(command: readonly string[], { argv = [], environment = {} }: Given) {
  const { exitCode, stderr } = await runCli([...command, ...argv, ...workplace.databaseFlags], {
    folder: workplace.folder,
    environment,
  });
  expect(stderr).not.toContain(KEY);
  const [what = "", advice = ""] = stderr.trimEnd().split("\n");
  return { exitCode, what: what.replace(/^error: /, ""), advice };
}

const embed = (given: Given) => failureOf(["embed", "--once"], given);
const provider = () => ["--embeddings-endpoint", api.endpoint, "--model", "test-model"];
const withKey = { EMBEDDINGS_API_KEY: KEY };

describe("what is told of a provider", () => {
  it("that wants a key, and there is none", async () => {
    expect(await embed({ argv: provider() })).toEqual({
      exitCode: 40,
      what: expect.stringContaining("key"),
      advice: expect.stringContaining("EMBEDDINGS_API_KEY"),
    });
  });

  it("that is OpenAI's, and there is no key: nobody is asked", async () => {
    const argv = ["--embeddings-endpoint", "https://api.openai.com/v1", "--model", "any"];

    expect(await embed({ argv })).toMatchObject({ exitCode: 40 });
  });

  it("that does not accept the key", async () => {
    const environment = { EMBEDDINGS_API_KEY: "sk-wrong" };

    const failure = await embed({ argv: provider(), environment });

    expect(failure).toMatchObject({ exitCode: 41 });
    expect(failure.advice).toContain("embeddings.api_key_env");
    expect(failure.what).not.toContain("sk-wrong");
  });

  it("that cannot be reached", async () => {
    const argv = ["--embeddings-endpoint", "http://127.0.0.1:9/v1", "--model", "test-model"];
    const environment = { SNAPRAG_EMBEDDINGS_RETRY_MS: "0" };

    const failure = await embed({ argv, environment });

    expect(failure).toMatchObject({ exitCode: 42 });
    expect(failure.what).toContain("127.0.0.1:9");
  });

  it("that has no such model", async () => {
    const argv = ["--embeddings-endpoint", api.endpoint, "--model", "no-such-model"];

    const failure = await embed({ argv, environment: withKey });

    expect(failure).toMatchObject({ exitCode: 44 });
    expect(failure.what).toContain("no-such-model");
  });

  it("that answers with anything but vectors", async () => {
    api.failNext("html");
    const environment = { ...withKey, SNAPRAG_EMBEDDINGS_RETRY_MS: "0" };

    expect(await embed({ argv: provider(), environment })).toMatchObject({ exitCode: 43 });
  });

  it("that nobody has chosen a model of", async () => {
    const failure = await embed({});

    expect(failure).toMatchObject({ exitCode: 3 });
    expect(failure.what).toBe("No model is chosen to embed with.");
  });

  it("of another dimension than what is stored", async () => {
    await runCli(["embed", "--once", ...provider(), ...workplace.databaseFlags], {
      folder: workplace.folder,
      environment: withKey,
    });
    await using other = await startEmbeddingApi({ dimension: 8 });
    const argv = ["--embeddings-endpoint", other.endpoint, "--model", "test-model"];

    const failure = await embed({ argv });
    const searched = await failureOf(["search", "gm"], { argv });

    expect(failure).toMatchObject({ exitCode: 45 });
    expect(failure.what).toMatch(/16.*8|8.*16/);
    expect(searched).toMatchObject({ exitCode: 45 });
  });
});

describe("what is told of the database", () => {
  it("that lacks pgvector, and it was asked for", async () => {
    const environment = { ...withKey, SNAPRAG_EMBEDDINGS_STORAGE: "pgvector" };

    const failure = await embed({ argv: provider(), environment });

    expect(failure).toMatchObject({ exitCode: 46 });
    expect(failure.what).toContain("vector");
  });

  it("that lacks pgvector, and can do without: one line", async () => {
    const argv = ["embed", "--once", ...provider(), ...workplace.databaseFlags];
    const { exitCode, stdout } = await runCli([...argv, "--log-format", "pretty"], {
      folder: workplace.folder,
      environment: withKey,
    });

    expect(exitCode).toBe(0);
    expect(stdout.split("\n").filter((line) => line.includes("pgvector"))).toEqual([
      "Keeping vectors of test-model, 16 numbers each, in plain arrays: without pgvector, search compares one by one.",
    ]);
  });

  it("that has nothing to search", async () => {
    await using empty = await onServer();
    const search = ["search", "gm", "--mode", "words", ...empty.databaseFlags];

    const { exitCode, stderr } = await runCli(search, empty);

    expect(exitCode).toBe(49);
    expect(stderr).toContain("Nothing is mirrored yet");
  });
});

describe("what is told of a local model", () => {
  const local = ["--provider", "local", "--model", "tiny"];
  const offline = { SNAPRAG_EMBEDDINGS_LOCAL_DOWNLOAD: "false" };

  it("when its package is not installed", async () => {
    const hook = join(workplace.folder, "hide-package.mjs");
    const hiding = `export async function resolve(name, context, next) {
      if (name !== "@huggingface/transformers") return next(name, context);
      const error = new Error("Cannot find package '@huggingface/transformers'");
      throw Object.assign(error, { code: "ERR_MODULE_NOT_FOUND" });
    }`;
    writeFileSync(
      hook,
      `import { register } from "node:module";
      register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hiding)}));`,
    );
    const environment = { ...offline, NODE_OPTIONS: `--import ${hook}` };

    const failure = await embed({ argv: local, environment });

    expect(failure).toMatchObject({ exitCode: 47 });
    expect(failure.advice).toContain("npm install @huggingface/transformers");
  });

  it("when its files are not there", async () => {
    const failure = await embed({ argv: local, environment: offline });

    expect(failure).toMatchObject({ exitCode: 48 });
    expect(failure.what).toContain("tiny");
  });

  it("nothing, when they are: it embeds and is searched", async () => {
    const words = ["gm", "building", "onchain", "today"];
    await writeTinyModel(join(workplace.folder, "models", "tiny"), { words, dimension: 12 });
    const environment = { ...offline, SNAPRAG_EMBEDDINGS_LOCAL_FOLDER: "./models" };
    const argv = [...local, ...workplace.databaseFlags];

    const embedded = await runCli(["embed", "--once", ...argv], { ...workplace, environment });
    const found = await runCli(["search", "gm", "--json", ...argv], { ...workplace, environment });

    expect(embedded).toMatchObject({ exitCode: 0, stderr: "" });
    expect(found).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(found.stdout).hits.length).toBe(10);
  });
});
