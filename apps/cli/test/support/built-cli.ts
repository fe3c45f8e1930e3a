// The program as it is published, run as a process of its own.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Path of the built program. */
export const CLI_PATH: string = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** How a process ended. */
export interface Ended {
  /** Null when a signal killed it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface RunningCli extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Waits until stdout matches; rejects when the process ends without it. */
  printed(pattern: RegExp | string): Promise<RegExpMatchArray>;
  kill(signal: NodeJS.Signals): void;
}

interface Surroundings {
  /** Working folder. */
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the program; disposing kills it if it still runs. */
export function startCli(argv: readonly string[], surroundings: Surroundings): RunningCli {
  if (!existsSync(CLI_PATH)) throw new Error(`Build the program first: ${CLI_PATH} is missing`);
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [CLI_PATH, ...argv], {
    cwd: surroundings.folder,
    env: { PATH, HOME, ...surroundings.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return follow(child);
}

/** Runs the program to its end. */
export function runCli(argv: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return startCli(argv, surroundings).ended;
}

/** The JSON lines that a process wrote to stdout. */
export function jsonLines({ stdout }: Ended): readonly Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function follow(child: ChildProcess): RunningCli {
  let stdout = "";
  let stderr = "";
  const checks = new Set<() => void>();
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const check of checks) check();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });

  return {
    pid: child.pid ?? -1,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = stdout.match(pattern);
          if (match === null) return;
          checks.delete(check);
          resolve(match);
        };
        checks.add(check);
        check();
        const why = () => new Error(`Ended without "${pattern}":\n${stdout}${stderr}`);
        ended.then(() => reject(why()), reject);
      }),
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
