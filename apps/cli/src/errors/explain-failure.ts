// Failures in a person's words: what happened, and what to do about it.
import type { NodeClientError } from "@snaprag/client";
import type { FailureCode } from "../exit-codes.ts";
import { onOneLine } from "../output.ts";
import { CliError, isNamed } from "./cli-error.ts";
import { findFailureRule } from "./failure-rules.ts";

/** A failure as it is told. */
export interface Explanation {
  readonly code: FailureCode;
  /** One sentence: what happened. */
  readonly what: string;
  /** One sentence: what to do. */
  readonly advice: string;
}

/** Tells any failure: its outcome, what happened and what to do, each on one line. */
export function explainFailure(error: unknown): Explanation {
  // Closing what was open failed too; what failed first is what counts.
  if (isNamed<SuppressedError>(error, "SuppressedError")) return explainFailure(error.suppressed);
  if (error instanceof CliError) {
    return { code: error.code, what: onOneLine(error.message), advice: onOneLine(error.advice) };
  }
  const { what = (message: string) => message, ...rule } = findFailureRule(error);
  return { code: rule.code, what: onOneLine(what(describe(error))), advice: rule.advice };
}

function describe(error: unknown): string {
  if (isNamed<NodeClientError>(error, "NodeClientError")) return describeNodeFailure(error);
  if (!(error instanceof Error)) return String(error);
  // The libraries begin their messages with the code, in brackets, and end some with advice.
  return error.message.replace(/^\[\w+\] /, "");
}

function describeNodeFailure(error: NodeClientError): string {
  const { endpoint, details, message, method } = error;
  // A refusal may come without a word.
  const why = (details || message.replace(/^\[\w+\] /, ""))
    // How grpc-js wraps what a socket reports, and tells which part of a call took how long.
    .replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/^Deadline exceeded after ([\d.]+)s.*/, "no answer within $1 seconds")
    .replace(/\.? Resolution note: ?$/, "");
  const node = endpoint === undefined ? "The node" : `The node at ${endpoint}`;
  const { code } = findFailureRule(error);
  if (code === "node_unreachable") return `${node} cannot be reached: ${why}`;
  return method === undefined ? `${node} fails: ${why}` : `${node} fails ${method}: ${why}`;
}
