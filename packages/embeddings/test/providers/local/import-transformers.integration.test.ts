import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SOURCE = fileURLToPath(new URL("../../../src", import.meta.url));
const TSX = import.meta.resolve("tsx");

let folder: string;

// Far from this repository, where no package can be found but what a test puts there.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "snaprag-alone-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await cp(SOURCE, join(folder, "src"), { recursive: true });
});

afterAll(() => rm(folder, { recursive: true }));

/** Opens a local provider in a process of its own, and returns what it fails with. */
async function failAlone(): Promise<{ code: string; message: string; cause: string }> {
  const program = `
    import { openLocalProvider } from "./src/providers/local/open-local-provider.ts";
    openLocalProvider({ model: "tiny" }).catch(({ code, message, cause }) =>
      console.log(JSON.stringify({ code, message, cause: cause.code })));
  `;
  await writeFile(join(folder, "program.ts"), program);
  const args = ["--import", TSX, join(folder, "program.ts")];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  return JSON.parse(stdout);
}

describe("importTransformers()", () => {
  it("says which package is missing, and how to install it", async () => {
    expect(await failAlone()).toEqual({
      code: "package_missing",
      message:
        "[package_missing] local models need the package @huggingface/transformers, which is not installed. Run `npm install @huggingface/transformers`.",
      cause: "ERR_MODULE_NOT_FOUND",
    });
  });

  it("does not call the package missing when it lacks one that it needs", async () => {
    const installed = join(folder, "node_modules", "@huggingface", "transformers");
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, "package.json"), '{"type":"module","main":"index.js"}');
    await writeFile(join(installed, "index.js"), 'import "onnxruntime-node";');

    const error = await failAlone();

    expect(error.code).toBe("model_unavailable");
    expect(error.message).toContain("cannot be loaded: Cannot find package 'onnxruntime-node'");
    expect(error.cause).toBe("ERR_MODULE_NOT_FOUND");
  });
});
