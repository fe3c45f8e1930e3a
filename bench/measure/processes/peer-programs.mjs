// How others write the same messages, as programs of the benchmark.
import { execFileSync } from "node:child_process";
import { pathTo } from "./start-child.mjs";

/** Messages that shuttle writes: its speed does not depend on how many. */
export const SHUTTLE_MESSAGES = 5_000;

/** They are nobody's dependency but the benchmark's, and not in the lock file of the workspace. */
export function installPeers() {
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], {
    cwd: pathTo("programs/peers"),
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Programs that mirror a network as the peers do. */
export function peerProgramsOf({ node: { endpoint }, messages }) {
  const count = Math.min(SHUTTLE_MESSAGES, messages);
  return {
    multiRow: { toArgs: (url) => [pathTo("programs/peers/run-multi-row.mjs"), endpoint, url] },
    shuttle: { toArgs: (url) => [pathTo("programs/peers/run-shuttle.mjs"), endpoint, url, count] },
  };
}
