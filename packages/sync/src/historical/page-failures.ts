// Pages that fail for ever, told from those that fail just now.
import { NodeClientError } from "@snaprag/client";

/** Failures in a row, the node answering each time, after which a page is given up. */
const HOPELESS_AFTER = 5;

/** What a node answers about the page itself, as opposed to not answering. */
const ANSWERED: ReadonlySet<string> = new Set([
  "internal",
  "invalid_argument",
  "malformed_response",
  "not_found",
  "response_too_large",
]);

/** The pages of one partition that failed, by the token they were asked with. */
export interface PageFailures {
  /**
   * Counts a failure. Returns whether the page cannot be had: the node says so, or has failed on
   * it time after time.
   */
  count(pageToken: string | null, error: unknown): boolean;
}

/** Creates a record without failures. */
export function createPageFailures(): PageFailures {
  let failedToken: string | null | undefined;
  let failureCount = 0;
  return {
    count(pageToken, error) {
      if (!(error instanceof NodeClientError)) return false;
      if (error.code === "unservable_page") return true;
      if (!ANSWERED.has(error.code)) return false;
      failureCount = pageToken === failedToken ? failureCount + 1 : 1;
      failedToken = pageToken;
      return failureCount >= HOPELESS_AFTER;
    },
  };
}
