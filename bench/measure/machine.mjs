// What was measured, and on what.
import { execFileSync } from "node:child_process";
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

function git(...args) {
  return execFileSync("git", args, { cwd: pathTo(".."), encoding: "utf8", stdio: "pipe" }).trim();
}

/** The commit that is measured, with a `+` where files differ from it; undefined outside of a repository. */
export function describeCommit() {
  try {
    const isChanged = git("status", "--porcelain", "--", "apps", "packages") !== "";
    return `${git("rev-parse", "--short", "HEAD")}${isChanged ? "+" : ""}`;
  } catch {
    return undefined;
  }
}

/** Versions of what takes part. */
export function describeVersions(postgresql) {
  const { version } = JSON.parse(readFileSync(pathTo("../apps/cli/package.json"), "utf8"));
  return { node: process.version.slice(1), postgresql, snaprag: version };
}
