// Everything between a fresh clone and something that runs: packages installed and built. Needs
// nothing but Node and npm; quick when there is nothing to do.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PNPM = "pnpm@10.34.9";

/** Runs a command of the repository and ends this process with its code if it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) {
    console.error(`${command} cannot be run: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

export function setUp() {
  console.error("setting up: installing packages and building (about a minute the first time)");
  run("npx", ["--yes", PNPM, "install", "--frozen-lockfile", "--reporter=silent"]);
  run("npx", ["--yes", PNPM, "exec", "turbo", "run", "build", "--output-logs=errors-only"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
}
