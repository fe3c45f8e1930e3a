import type { Reporter, ReporterOptions } from "./reporter.ts";

/**
 * Creates the reporter that the format asks for. Loads only that one.
 *
 * `auto` is for people when stdout is a terminal, and JSON lines otherwise.
 */
export async function createReporter(options: ReporterOptions): Promise<Reporter> {
  const isTerminal = options.stdout.isTTY === true;
  if (options.format === "pretty" || (options.format === "auto" && isTerminal)) {
    const { createPrettyReporter } = await import("./pretty-reporter.ts");
    return createPrettyReporter(options);
  }
  const { createJsonReporter } = await import("./json-reporter.ts");
  return createJsonReporter(options);
}
