// Regenerates what is generated and fails when the committed copy differs.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const GENERATED = [
  "packages/proto/src/gen",
  "packages/storage-postgres/schema.sql",
  "packages/storage-postgres/src/gen",
];
const root = fileURLToPath(new URL("..", import.meta.url));

const generate = ["--yes", "pnpm@10.34.9", "run", "generate"];
execFileSync("npx", generate, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
const status = execFileSync("git", ["status", "--porcelain", "--", ...GENERATED], {
  cwd: root,
  encoding: "utf8",
});
if (status !== "") {
  console.error(`Generated files differ from what is committed:\n${status}`);
  console.error("Run `pnpm generate` and commit the result.");
  process.exit(1);
}
console.log("Generated files are up to date");
