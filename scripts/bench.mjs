// `npm run bench`: sets up and measures what the sync costs on this machine; flags are the benchmark's.
import { spawnSync } from "node:child_process";
import { ROOT, setUp } from "./set-up.mjs";

setUp();
const { status } = spawnSync(process.execPath, ["bench/main.mjs", ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
