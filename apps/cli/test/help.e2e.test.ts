import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "./support/built-cli.ts";
import { createTemporaryFolder } from "./support/temporary-folder.ts";

/** Every module that a run of the program loaded, by the coverage that Node.js writes. */
async function modulesLoadedBy(...argv: string[]): Promise<readonly string[]> {
  using folder = createTemporaryFolder();
  const coverage = join(folder.path, "coverage");
  mkdirSync(coverage);
  const environment = { NODE_V8_COVERAGE: coverage };
  expect((await runCli(argv, { folder: folder.path, environment })).exitCode).toBe(0);
  return readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8"));
    return result.map(({ url }: { url: string }) => url);
  });
}

describe("the built program", () => {
  it("loads no database, node client or devnet to show help", async () => {
    const modules = await modulesLoadedBy("sync", "--help");

    expect(modules.filter((url) => url.includes("commander"))).not.toEqual([]);
    expect(
      modules.filter((url) => /pglite|\/pg\/|kysely|grpc|pino|packages\/devnet/.test(url)),
    ).toEqual([]);
  });

  it("loads no embedded database and no devnet to look at a server", async () => {
    const modules = await modulesLoadedBy("config", "show");

    expect(modules.filter((url) => /pglite|packages\/devnet/.test(url))).toEqual([]);
  });
});
