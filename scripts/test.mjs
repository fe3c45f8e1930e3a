// `npm test`: sets up, then runs every gate and every test, and says at the end what failed.
import { spawnSync } from "node:child_process";
import { ENVIRONMENT, PNPM, ROOT, setUp } from "./set-up.mjs";

const GATES = [
  "lint",
  "typecheck",
  "check:deps",
  "check:unused",
  "check:repo",
  "check:house",
  "check:generated",
  "check:package",
  "test:unit",
  "test:integration",
  "test:e2e",
  "test:chaos",
];

setUp();
const failed = [];
for (const gate of GATES) {
  const startedAt = Date.now();
  console.log(`\n--- ${gate}`);
  const { status } = spawnSync("npx", ["--yes", PNPM, "run", "--silent", gate], {
    cwd: ROOT,
    stdio: "inherit",
    env: ENVIRONMENT,
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`--- ${gate}: ${status === 0 ? "passed" : "FAILED"} in ${seconds} s`);
  if (status !== 0) failed.push(gate);
}
console.log(
  failed.length === 0
    ? `\nAll ${GATES.length} gates passed`
    : `\n${failed.length} of ${GATES.length} gates failed: ${failed.join(", ")}`,
);
process.exit(failed.length === 0 ? 0 : 1);
