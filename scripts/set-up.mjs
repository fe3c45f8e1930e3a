// Everything between a fresh clone and something that runs: packages installed and built. Needs
// nothing but Node and npm; quick when there is nothing to do.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const PNPM = "pnpm@10.34.9";

/** Environment of everything that is run here: no tool phones home. */
export const ENVIRONMENT = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };

/** Runs pnpm and shows what it said only when it failed, which ends this process. */
function runQuietly(what, args) {
  const { status, error, stdout, stderr } = spawnSync("npx", ["--yes", PNPM, ...args], {
    cwd: ROOT,
    env: ENVIRONMENT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  console.error(error ? `npx cannot be run: ${error.message}` : `${stdout}${stderr}`);
  console.error(`${what} failed; the lines above say why.`);
  process.exit(status ?? 1);
}

/** What runs is built, and with `hasTypes` what packages declare, which takes several times as long. */
export function setUp({ hasTypes = false } = {}) {
  const minutes = hasTypes ? "two minutes" : "half a minute";
  console.error(`setting up: installing packages and building (about ${minutes} the first time)`);
  runQuietly("Installing packages", ["install", "--frozen-lockfile"]);
  const tasks = hasTypes ? ["build", "build:types"] : ["build"];
  runQuietly("Building", ["exec", "turbo", "run", ...tasks, "--output-logs=errors-only"]);
}
