import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { runCli } from "../../src/commands/program/run-cli.ts";
import type { Environment } from "../../src/env.ts";

/** What a run of the program left behind. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what is written to it. */
export class Capture extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

interface Surroundings {
  readonly environment?: Environment;
  readonly folder?: string;
  /** Thrown where nobody catches it, after the command; the exit code is then that of the crash. */
  readonly crash?: unknown;
}

/** Runs the program in this process, away from its environment, folder and signals. */
export async function runInProcess(
  argv: readonly string[],
  { environment = {}, folder = "/nowhere", crash }: Surroundings = {},
): Promise<Run> {
  const stdout = new Capture();
  const stderr = new Capture();
  const crashes = new EventEmitter();
  let forcedExitCode: number | undefined;
  const exitCode = await runCli({
    argv,
    environment,
    folder,
    stdout,
    stderr,
    signals: new EventEmitter(),
    exit: (code) => {
      forcedExitCode = code;
    },
    onCrash: (listener) => void crashes.on("crash", listener),
    version: "1.2.3",
  });
  if (crash !== undefined) crashes.emit("crash", crash);
  return { exitCode: forcedExitCode ?? exitCode, stdout: stdout.text, stderr: stderr.text };
}
