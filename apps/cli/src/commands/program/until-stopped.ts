import { createOutput } from "../../output.ts";
import { createReporter } from "../../screen/create-reporter.ts";
import type { Reporter } from "../../screen/reporter.ts";
import type { Shutdown } from "../../shutdown.ts";
import { createShutdown } from "../../shutdown.ts";
import type { Invocation } from "./cli-context.ts";

/** What a long-running command works with. */
export interface Surroundings {
  readonly reporter: Reporter;
  readonly shutdown: Shutdown;
}

/** Runs work that a person can watch and stop. Being stopped is a way to succeed. */
export async function untilStopped(
  { context, settings }: Invocation,
  work: (surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  const { stdout, stderr, signals, exit } = context;
  const output = createOutput(stdout, stderr);
  const reporter = await createReporter({
    stdout,
    format: settings["log.format"].value,
    level: settings["log.level"].value,
  });
  using shutdown = createShutdown({ signals, exit, tell: output.errorLine });
  const { signal } = shutdown;
  const announceStop = () =>
    reporter.announce({ event: "stopping", sentence: "Stopping; Ctrl-C again stops at once." });
  signal.addEventListener("abort", announceStop, { once: true });
  try {
    await work({ reporter, shutdown });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}
