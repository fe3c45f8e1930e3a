// `npm start`: sets up and mirrors a devnet, with whatever flags follow `--`.
import { fileURLToPath } from "node:url";
import { setUp } from "./set-up.mjs";

setUp();
const main = fileURLToPath(new URL("../apps/cli/dist/main.js", import.meta.url));
// In this process, so that Ctrl-C reaches the command once and its exit code is this one's.
process.argv = [process.execPath, main, "sync", "--devnet", ...process.argv.slice(2)];
await import(main);
