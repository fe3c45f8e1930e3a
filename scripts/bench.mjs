// `npm run bench`: sets up and measures the main job on this machine, or, with `levels` as the first
// argument, what each level of verification costs.
import { spawnSync } from "node:child_process";
import { ROOT, setUp } from "./set-up.mjs";

setUp();
const [first, ...rest] = process.argv.slice(2);
const isLevels = first === "levels";
const script = isLevels ? "bench/levels.mjs" : "bench/historical.mjs";
const args = isLevels ? rest : process.argv.slice(2);
const { status } = spawnSync(process.execPath, [script, ...args], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
