// `npm run bench`: sets up and measures the main job on this machine.
import { spawnSync } from "node:child_process";
import { ROOT, setUp } from "./set-up.mjs";

setUp();
const { status } = spawnSync(process.execPath, ["bench/historical.mjs", ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
