import type { FailureCode } from "../exit-codes.ts";

/** What is to be done about a {@link CliError}, and where it came from. */
export interface CliErrorOptions {
  /** One sentence: what the person at the terminal can do. */
  readonly advice: string;
  readonly cause?: unknown;
}

/** The command cannot do what it was asked. Its message is one sentence for a person to read. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: FailureCode;
  readonly advice: string;

  constructor(code: FailureCode, message: string, { advice, cause }: CliErrorOptions) {
    super(message, { cause });
    this.code = code;
    this.advice = advice;
  }
}

/** Runs a factory of a library, and blames the configuration when it refuses an option. */
export function withConfigured<Result>(create: () => Result): Result {
  try {
    return create();
  } catch (error) {
    throw error instanceof TypeError ? wrongOption(error) : error;
  }
}

/** {@link withConfigured} for a factory that takes its time. */
export async function whenConfigured<Result>(create: () => Promise<Result>): Promise<Result> {
  try {
    return await create();
  } catch (error) {
    throw error instanceof TypeError ? wrongOption(error) : error;
  }
}

function wrongOption(cause: TypeError): CliError {
  const advice = "Correct it; `snaprag config show` says where configured values come from.";
  return new CliError("configuration", cause.message, { advice, cause });
}

/**
 * Whether it is a library's error of this name.
 *
 * By name and not by class: a class would load its library, which `snaprag --help` does not need.
 */
export function isNamed<Named extends Error>(error: unknown, name: Named["name"]): error is Named {
  return error instanceof Error && error.name === name;
}
