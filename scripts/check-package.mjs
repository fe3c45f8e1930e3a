// Packs the package in the current folder as it would be published and checks the tarball: that
// its exports resolve and its types agree, and that it points at nothing it does not contain.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

const run = (command, args) =>
  execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
const tarball = ".pack/package.tgz";

rmSync(".pack", { recursive: true, force: true });
mkdirSync(".pack");
run("npx", ["--yes", "pnpm@10.34.9", "pack", "--out", tarball]);
run("publint", [tarball, "--strict"]);
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
if (manifest.exports?.["."]) run("attw", [tarball, "--profile", "esm-only"]);
