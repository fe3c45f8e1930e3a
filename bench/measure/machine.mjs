// What was measured, and on what.
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, totalmem, type } from "node:os";
import { pathTo } from "./processes/start-child.mjs";

/** The machine, as far as it explains figures. */
export function describeMachine() {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${arch()}`,
  };
}

/** Versions of what takes part. */
export function describeVersions(postgresql) {
  const { version } = JSON.parse(readFileSync(pathTo("../apps/cli/package.json"), "utf8"));
  return { node: process.version.slice(1), postgresql, snaprag: version };
}
