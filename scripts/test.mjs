// `npm test`: sets up, then runs every gate and every test, and says at the end what failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
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

const failed = [];

/** Runs a gate. What it prints comes at its end where another gate runs beside it. */
async function run(gate, { isBesideOthers }) {
  const startedAt = Date.now();
  const output = [];
  if (!isBesideOthers) console.log(`\n--- ${gate}`);
  const child = spawn("npx", ["--yes", PNPM, "run", "--silent", gate], {
    cwd: ROOT,
    stdio: isBesideOthers ? ["ignore", "pipe", "pipe"] : "inherit",
    env: ENVIRONMENT,
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
