// How far the pages of a partition have come, and which fail for ever, as opposed to just now.
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

/** A token, and the last key of all pages before it. */
interface Place {
  readonly pageToken: string | null;
  readonly lastKey: Uint8Array;
}

/** The pages of one partition that failed, by the token they were asked with; outlives a single try. */
export interface PageFailures {
  /**
   * Counts a failure. Returns whether the page cannot be had: the node says so, or has failed on
   * it time after time.
   */
  count(pageToken: string | null, error: unknown): boolean;
  /** Keeps the last key of the pages before a token; undefined where they have none. */
  reach(pageToken: string | null, lastKey: Uint8Array | undefined): void;
  /** The last key before a token; undefined where it is not known, or there is none. */
  lastKeyBefore(pageToken: string | null): Uint8Array | undefined;
}

/** Creates a record without failures. */
export function createPageFailures(): PageFailures {
  let failedToken: string | null | undefined;
  let failureCount = 0;
  let reached: Place | undefined;
  return {
    reach(pageToken, lastKey) {
      reached = lastKey && { pageToken, lastKey };
    },
    lastKeyBefore: (pageToken) => (reached?.pageToken === pageToken ? reached.lastKey : undefined),
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
