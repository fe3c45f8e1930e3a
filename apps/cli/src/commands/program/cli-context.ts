import type { Writable } from "node:stream";
import type { Settings } from "../../config/load-settings.ts";
import type { Environment } from "../../env.ts";
import type { OutputStream } from "../../output.ts";
import type { SignalSource } from "../../shutdown.ts";

/** Everything the program takes from the process it runs in. */
export interface CliContext {
  /** Words after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Environment;
  /** Folder that relative paths start from. */
  readonly folder: string;
  readonly stdout: OutputStream;
  readonly stderr: Writable;
  readonly signals: SignalSource;
  /** Ends the process at once; for what a clean end cannot wait for. */
  readonly exit: (exitCode: number) => void;
  /** Calls back with an error that nobody caught. */
  readonly onCrash: (listener: (error: unknown) => void) => void;
  /** Version of this program. */
  readonly version: string;
}

/** One command being run. */
export interface Invocation {
  readonly context: CliContext;
  readonly settings: Settings;
}
