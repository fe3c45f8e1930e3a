import PQueue from "p-queue";
import type { ResolvedSyncerOptions } from "../../options.ts";

/** Runs some of what is waiting at a time: the highest priority first, and of several what came first. */
export interface Limit {
  run(priority: number, work: () => Promise<void>): Promise<void>;
}

/** How much of a download goes on at a time, over all shards. */
export interface DownloadLimits {
  /** Of partitions, which mostly wait for the node; by how large they may be. */
  readonly lanes: Limit;
  /**
   * Of pages that have come; by how many their partition has had. A page names the next one, so that a
   * long partition, one round trip after the other, could last longer than all the rest together.
   */
  readonly pages: Limit;
}

/**
 * Pages in hand: one while others are written. What more there are, wait as bytes; as objects they would
 * be in the way of every collection. Those in hand are let go as soon as they are encoded. With three,
 * threads for signatures had nothing to do for one part in a hundred of the time.
 */
const PAGES_IN_HAND = 5;

/** Pages in hand while which there may soon be nothing to do. */
const FEW_IN_HAND = 1;

/** Enough for a node near by. */
const FEWEST_LANES = 8;

/** Each may come to hold the bytes of two pages. */
const MOST_LANES = 64;

/**
 * Limits the partitions that are downloaded at a time to `lanes`, or else to as many as keep pages
 * coming: one more whenever a page is done with and there is hardly another, which is when the node is far
 * away, and one less whenever a page comes and finds others waiting. More than that cost time: bytes that
 * wait have the collector run more often.
 */
export function createDownloadLimits({
  lanes,
}: Pick<ResolvedSyncerOptions, "lanes">): DownloadLimits {
  const partitions = new PQueue({ concurrency: lanes ?? FEWEST_LANES });
  const pages = new PQueue({ concurrency: PAGES_IN_HAND });

  function adjust(difference: 1 | -1): void {
    if (lanes !== undefined) return;
    const wanted = partitions.concurrency + difference;
    partitions.concurrency = Math.min(MOST_LANES, Math.max(FEWEST_LANES, wanted));
  }

  return {
    lanes: { run: (priority, work) => partitions.add(work, { priority }) },
    pages: {
      async run(priority, work) {
        if (pages.size > 0) adjust(-1);
        await pages.add(work, { priority });
        if (pages.size === 0 && pages.pending <= FEW_IN_HAND) adjust(1);
      },
    },
  };
}
