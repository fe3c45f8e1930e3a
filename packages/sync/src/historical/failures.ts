// How far the pages of a partition have come, and what fails for ever, as opposed to just now.
import { NodeClientError } from "@snaprag/client";

/** Failures, the node answering each time, after which a page is given up, or an account. */
const HOPELESS_AFTER = 5;

/** What a node answers about the page itself, as opposed to not answering. */
const ANSWERED: ReadonlySet<string> = new Set([
  "internal",
  "invalid_argument",
  "malformed_response",
  "not_found",
  "response_too_large",
]);

/** Whether a node has said something about what it was asked for, as opposed to nothing, or to nobody. */
export function isAnswered(error: unknown): boolean {
  return error instanceof NodeClientError && ANSWERED.has(error.code);
}

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
      if (error instanceof NodeClientError && error.code === "unservable_page") return true;
      if (!isAnswered(error)) return false;
      failureCount = pageToken === failedToken ? failureCount + 1 : 1;
      failedToken = pageToken;
      return failureCount >= HOPELESS_AFTER;
    },
  };
}

/** Accounts of one partition that a node fails on when they are read by themselves; outlives a single try. */
interface AccountFailures {
  /** Counts a failure. Returns whether the node has failed on the account time after time. */
  count(fid: bigint, error: unknown): boolean;
  /** Whether {@link count} has said so before. */
  areHopeless(fid: bigint): boolean;
}

/** Creates a record without failures. */
function createAccountFailures(): AccountFailures {
  const counts = new Map<bigint, number>();
  const areHopeless = (fid: bigint) => (counts.get(fid) ?? 0) >= HOPELESS_AFTER;
  return {
    areHopeless,
    count(fid, error) {
      if (!isAnswered(error)) return false;
      counts.set(fid, (counts.get(fid) ?? 0) + 1);
      return areHopeless(fid);
    },
  };
}

/** What of one partition failed so far; outlives a single try. */
export interface PartitionFailures {
  readonly pages: PageFailures;
  /** Accounts that were read by themselves. */
  readonly accounts: AccountFailures;
  /** Accounts whose names were asked for. */
  readonly names: AccountFailures;
}

/** Creates a record without failures. */
export function createPartitionFailures(): PartitionFailures {
  const [accounts, names] = [createAccountFailures(), createAccountFailures()];
  return { pages: createPageFailures(), accounts, names };
}
