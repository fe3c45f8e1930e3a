import type { FailureCode } from "../exit-codes.ts";

/** How the errors with one code are told; `what` gets the error's message without its code. */
export interface FailureRule {
  readonly code: FailureCode;
  readonly what?: (message: string) => string;
  readonly advice: string;
}

/** End of the sentence that takes something for a bug. */
export const REPORT_IT: string =
  "please report it at https://github.com/snaprag/snaprag/issues with the output of --log-level debug.";

/** What nobody foresaw. */
export const BUG: FailureRule = { code: "unexpected", advice: `This is a bug: ${REPORT_IT}` };
