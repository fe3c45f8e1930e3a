// `npm run chaos -- [--scenarios N] [--seed S]`: sets up and plays random histories against the sync.
import { spawnSync } from "node:child_process";
import { ROOT, setUp } from "./set-up.mjs";

setUp();
const argv = ["--conditions", "snaprag-source", "--import", "tsx", "test/chaos/main.ts"];
const { status } = spawnSync(process.execPath, [...argv, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
