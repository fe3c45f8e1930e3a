// Programs that a benchmark needs beside it, each in a process of its own so that what it costs can be
// told from the rest.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Path of a file of the benchmark, wherever it was started. */
export const pathTo = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const children = new Map();

/** Stops every program that still runs, but for some. */
export async function stopChildren(spared = []) {
  for (const [pid, child] of children) if (!spared.includes(pid)) await child.stop();
}

/** Starts a program that prints one line when it is ready, and ends when its stdin closes. */
export async function startChild(script, args = [], { nodeFlags = [] } = {}) {
  const child = spawn(process.execPath, [...nodeFlags, pathTo(script), ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  async function nextLine() {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended before it answered`);
    return value;
  }
  async function stop() {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  children.set(child.pid, { stop });
  child.once("exit", () => children.delete(child.pid));
  return {
    pid: child.pid,
    ready: await nextLine(),
    /** Asks for something and waits for the line that answers. */
    ask(line) {
      child.stdin.write(`${line}\n`);
      return nextLine();
    },
    stop,
  };
}
