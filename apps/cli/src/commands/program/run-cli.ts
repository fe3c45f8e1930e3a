import { CommanderError } from "commander";
import { explainFailure } from "../../errors/explain-failure.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { createOutput } from "../../output.ts";
import type { CliContext } from "./cli-context.ts";
import { createProgram } from "./create-program.ts";

/**
 * Runs the command line and returns the exit code. Never throws.
 *
 * A failure is told on stderr in two lines: what happened, and what to do. The stack of an
 * unexpected one follows with `--log-level debug` only.
 */
export async function runCli(context: CliContext): Promise<number> {
  const output = createOutput(context.stdout, context.stderr);
  let isDebugging = false;
  const program = createProgram(context, (settings) => {
    isDebugging = settings["log.level"].value === "debug";
  });
  const fail = (error: unknown): number => {
    const { code, what, advice } = explainFailure(error);
    output.errorLine(`error: ${what}`);
    output.errorLine(advice);
    if (code === "unexpected" && isDebugging && error instanceof Error) {
      output.errorLine(error.stack ?? "");
    }
    return EXIT_CODES[code];
  };
  context.onCrash((error) => context.exit(fail(error)));
  try {
    await program.parseAsync([...context.argv], { from: "user" });
    return EXIT_CODES.ok;
  } catch (error) {
    // What was asked for, or the help that stands in for a missing command, is already written.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    }
    return fail(error);
  }
}
