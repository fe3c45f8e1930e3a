import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Path of a file of this folder. */
export const pathTo = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Starts a helper that prints one line when it is ready, and ends when its stdin closes. */
export async function startHelper(script, args = []) {
  const child = spawn(process.execPath, [pathTo(script), ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value: ready } = await lines.next();
  return {
    ready,
    /** Asks for something and waits for the line that answers. */
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return (await lines.next()).value;
    },
    async stop() {
      child.stdin.end();
      const { value: last } = await lines.next();
      if (child.exitCode === null) await once(child, "exit");
      return last;
    },
  };
}
