// What is published is what works: every package as a tarball, installed where nothing else is.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { TemporaryFolder } from "./support/temporary-folder.ts";
import { createTemporaryFolder } from "./support/temporary-folder.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

interface Packed {
  readonly name: string;
  readonly tarball: string;
  /** What can be imported, such as `@snaprag/storage/conformance`. */
  readonly entries: readonly string[];
  /** Programs of threads, such as `@snaprag/sync/signature-worker`. */
  readonly workers: readonly string[];
}

let place: TemporaryFolder;
let packages: readonly Packed[];

/** Packs every package, in one go: to start pnpm takes longer than to pack. */
async function packAll(): Promise<readonly Packed[]> {
  const groups = ["packages", "apps"];
  const filters = groups.flatMap((group) => ["--filter", `./${group}/*`]);
  const out = join(place.path, "%s.tgz");
  await run("npx", ["--yes", "pnpm@10.34.9", ...filters, "--recursive", "pack", "--out", out], {
    cwd: ROOT,
  });
  return groups.flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => toPacked(join(ROOT, group, name))),
  );
}

function toPacked(folder: string): Packed {
  const { name, exports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const exported = Object.keys(exports)
    .filter((entry) => entry !== "./package.json")
    .map((entry) => name + entry.slice(1));
  const isWorker = (entry: string) => entry.endsWith("-worker");
  return {
    name,
    tarball: join(place.path, `${name.replace("@", "").replace("/", "-")}.tgz`),
    entries: exported.filter((entry) => !isWorker(entry)),
    workers: exported.filter(isWorker),
  };
}

/**
 * Installs one package into an npm project of its own, outside the repository, in which our packages
 * come from their tarballs.
 */
async function install({ name, tarball, entries }: Packed): Promise<string> {
  const folder = join(place.path, name.replace("@snaprag/", ""));
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  const optional = {
    "fast-check": "^4",
    "@electric-sql/pglite-socket": "0.2.17",
    kysely: "^0.28",
  };
  const needsOptional = entries.some((entry) => /embedded|conformance|query/.test(entry));
  const dependencies = { ...(needsOptional ? optional : {}), [name]: `file:${tarball}` };
  const overrides = Object.fromEntries(
    packages.map(({ name: own, tarball: ownTarball }) => [own, `file:${ownTarball}`]),
  );
  const manifest = { private: true, dependencies, overrides };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
  return folder;
}

/** Loads entries of an installed package, as ES modules or by `require()`, and counts what each exports. */
async function countExports(
  entries: readonly string[],
  { folder, type }: { readonly folder: string; readonly type: "module" | "commonjs" },
): Promise<number[]> {
  const load = type === "module" ? "await import" : "require";
  const script = entries.map((entry) => `${load}(${JSON.stringify(entry)})`).join(", ");
  const code = `console.log(JSON.stringify([${script}].map((each) => Object.keys(each).length)))`;
  const { stdout } = await run("node", [`--input-type=${type}`, "-e", code], { cwd: folder });
  return JSON.parse(stdout);
}

/** Starts the program of a thread from an installed package, and returns the first it says. */
async function startThread(worker: string, folder: string): Promise<string> {
  const code = `
    const { Worker } = require("node:worker_threads");
    const thread = new Worker(require.resolve(${JSON.stringify(worker)}), { execArgv: [] });
    thread.once("message", (message) => {
      console.log(message);
      process.exit();
    });`;
  const { stdout } = await run("node", ["--input-type=commonjs", "-e", code], { cwd: folder });
  return stdout;
}

beforeAll(async () => {
  place = createTemporaryFolder();
  packages = await packAll();
  return () => place[Symbol.dispose]();
}, 120_000);

describe("the tarball", () => {
  it("of each package installs into an empty folder and is imported there", async () => {
    for (const packed of packages) {
      const { name, entries, workers } = packed;
      if (entries.length + workers.length === 0) continue;
      const folder = await install(packed);

      const counts = await countExports(entries, { folder, type: "module" });
      const required = await countExports(entries, { folder, type: "commonjs" });

      expect(required, name).toEqual(counts);
      expect(counts, name).toHaveLength(entries.length);
      for (const count of counts) expect(count, name).toBeGreaterThan(0);
      for (const worker of workers) expect(await startThread(worker, folder)).not.toBe("");
    }
  });

  it("of the command mirrors a devnet from there", async () => {
    const cli = packages.find(({ name }) => name === "@snaprag/cli");
    if (cli === undefined) throw new Error("The command is not packed");
    const folder = await install(cli);

    const { stdout } = await run("npx", ["snaprag", "sync", "--devnet", "--until-synced"], {
      cwd: folder,
    });

    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "{}");
    expect(last.tables.casts.live).toBeGreaterThan(1000);
  });
});
