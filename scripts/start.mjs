// `npm start`: sets up and mirrors a devnet, with whatever flags follow `--`.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setUp } from "./set-up.mjs";

setUp();
const main = fileURLToPath(new URL("../apps/cli/dist/main.js", import.meta.url));
const args = [main, "sync", "--devnet", ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { stdio: "inherit" });
// Ctrl-C reaches the child by itself; this process only has to outlive it.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (signal === "SIGTERM") child.kill(signal);
  });
}
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
