import type { FailureCode } from "../exit-codes.ts";
import { CliError } from "./cli-error.ts";

/** An error as data: copying one from thread to thread would leave its class, name and code behind. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Whatever else it tells of itself, such as its code. */
  readonly details: Readonly<Record<string, unknown>>;
}

const COPIED: ReadonlySet<string> = new Set(["string", "number", "bigint", "boolean", "undefined"]);

/** Makes data of an error. What does not travel is left out, its cause included. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: undefined, details: {} };
  }
  const { name, message, stack } = error;
  const own = Object.entries(error).filter(([, value]) => COPIED.has(typeof value));
  return { name, message, stack, details: Object.fromEntries(own) };
}

/** Makes an error of its data: one that is told as the first would have been. */
export function fromPlainError(plain: PlainError): Error {
  const { name, message, stack, details } = plain;
  const error =
    name === "CliError" ? toCliError(plain) : Object.assign(new Error(message), details, { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function toCliError({ message, details }: PlainError): CliError {
  // Safety: it was made from one.
  const { code, advice } = details as { readonly code: FailureCode; readonly advice: string };
  return new CliError(code, message, { advice });
}
