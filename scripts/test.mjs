// `npm test`: sets up, then runs every gate and every test, and says at the end what failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  chmodSync,
  constants,
  mkdtempSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ENVIRONMENT, PNPM, ROOT, setUp } from "./set-up.mjs";

/** One after the other, each with one core; meanwhile the chaos run has the other. */
const BESIDE_CHAOS = [
  "lint",
  "typecheck",
  "check:deps",
  "check:unused",
  "check:repo",
  "check:house",
  "check:api",
  "check:supply",
  "check:generated",
  "check:package",
  "test:unit",
];
const CHAOS = "test:chaos";
/** Each uses all cores. */
const TESTS = ["test:integration", "test:e2e"];

/** Where Linux keeps files in memory. */
const MEMORY = "/dev/shm";
/** What the tests had there at most was 560 MiB. */
const ROOM_BYTES = 2 * 1024 ** 3;

/**
 * A folder in memory for what tests make and delete, thousands of files of databases, at which file systems of disks
 * are slow: a fifth of the time of `test:integration`. Undefined where there is no room, or nothing may be run.
 */
function createMemoryFolder() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM_BYTES) return undefined;
    const folder = mkdtempSync(join(MEMORY, "snaprag-tests-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    // The database server has a user of its own.
    chmodSync(folder, 0o1777);
    const program = join(folder, "program");
    writeFileSync(program, "", { mode: 0o755 });
    accessSync(program, constants.X_OK);
    return folder;
  } catch {
    // None is needed: tests use the system's folder then, as they do by themselves.
    return undefined;
  }
}

const failed = [];

/** Runs a gate. What it prints comes at its end where another gate runs beside it. */
async function run(gate, { isBesideOthers }) {
  const startedAt = Date.now();
  const output = [];
  if (!isBesideOthers) console.log(`\n--- ${gate}`);
  const child = spawn("npx", ["--yes", PNPM, "run", "--silent", gate], {
    cwd: ROOT,
    stdio: isBesideOthers ? ["ignore", "pipe", "pipe"] : "inherit",
    env: environment,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => output.push(chunk));
  }
  const [status] = await once(child, "close");
  if (isBesideOthers) console.log(`\n--- ${gate}\n${Buffer.concat(output)}`);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`--- ${gate}: ${status === 0 ? "passed" : "FAILED"} in ${seconds} s`);
  if (status !== 0) failed.push(gate);
}

async function runEach(gates, options) {
  for (const gate of gates) await run(gate, options);
}

setUp({ hasTypes: true });
const memoryFolder = createMemoryFolder();
const environment = memoryFolder ? { ...ENVIRONMENT, TMPDIR: memoryFolder } : ENVIRONMENT;
// So that the folder goes: by itself, Node ends without an `exit` at these.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
const isBesideOthers = true;
await Promise.all([runEach(BESIDE_CHAOS, { isBesideOthers }), run(CHAOS, { isBesideOthers })]);
await runEach(TESTS, { isBesideOthers: false });
const count = BESIDE_CHAOS.length + TESTS.length + 1;
console.log(
  failed.length === 0
    ? `\nAll ${count} gates passed`
    : `\n${failed.length} of ${count} gates failed: ${failed.join(", ")}`,
);
process.exit(failed.length === 0 ? 0 : 1);
