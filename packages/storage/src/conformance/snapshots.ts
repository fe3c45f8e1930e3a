// Random snapshots of shard 1, partition by partition, page by page.
import type { Change } from "@snaprag/processors";
import { lastPositionOf, processHubEvent } from "@snaprag/processors";
import { aMergeMessageEvent } from "@snaprag/processors/testing";
import * as fc from "fast-check";
import type { PageBatch, Store } from "../store.ts";
import { contextAt, MESSAGES, VIRTUAL_SHARDS } from "./actors.ts";
import { timeOfBlock } from "./histories.ts";

type Message = (typeof MESSAGES)[number];

/** What a snapshot lists of one virtual shard. */
export interface Listing {
  readonly virtualShard: number;
  readonly height: bigint;
  /** Pages of changes, each message once. */
  readonly pages: readonly (readonly Change[])[];
}

function listedAt(message: Message, height: bigint): readonly Change[] {
  const event = { ...aMergeMessageEvent(message), id: lastPositionOf(height) };
  // Merges only: a snapshot lists what is there, and says nothing of what it took to get there.
  return processHubEvent(event, contextAt(timeOfBlock(height))).changes.filter(
    ({ kind }) => kind === "merge",
  );
}

/** Any of the messages of one account at home on shard 1, in pages of up to three. */
export function listingAt(height: fc.Arbitrary<bigint>): fc.Arbitrary<Listing> {
  const accounts = [...VIRTUAL_SHARDS].filter(([fid]) => fid !== 0n);
  return fc
    .tuple(fc.constantFrom(...accounts), fc.subarray([...MESSAGES]), height)
    .map(([[fid, virtualShard], messages, at]) => {
      const changes = messages.flatMap((message) =>
        listedAt(message, at).filter((change) => "row" in change && change.row.fid === fid),
      );
      const pages: Change[][] = [];
      for (let start = 0; start < changes.length; start += 3) {
        pages.push(changes.slice(start, start + 3));
      }
      return { virtualShard, height: at, pages: pages.length > 0 ? pages : [[]] };
    });
}

/** One page of a listing as a batch; `index` counts from 0. */
export function toPage(
  { virtualShard, height, pages }: Listing,
  index: number,
  isRelisted: boolean,
): PageBatch {
  const changes = pages[index] ?? [];
  const isLast = index === pages.length - 1;
  return {
    shardId: 1,
    virtualShard,
    height,
    at: timeOfBlock(height),
    pageToken: index === 0 ? null : `page ${index}`,
    nextPageToken: isLast ? null : `page ${index + 1}`,
    isLast,
    isRelisted,
    changes,
    messageCount: changes.length,
    fallbackCount: 0,
    quarantined: [],
  };
}

/** Plans a partition and applies all its pages. */
export async function applyListing(store: Store, listing: Listing): Promise<void> {
  const { virtualShard, height } = listing;
  await store.planSnapshot({ shardId: 1, height, virtualShards: [virtualShard] });
  const partitions = await store.listPartitions(1);
  const planned = partitions.find((partition) => partition.virtualShard === virtualShard);
  for (const index of listing.pages.keys()) {
    await store.applyPage(toPage(listing, index, planned?.isRelisted ?? false));
  }
}
