// Snapshots of shard 1, partition by partition, page by page.
import type { Change } from "@snaprag/processors";
import { processSnapshotEntry } from "@snaprag/processors";
import * as fc from "fast-check";
import type { PageBatch } from "../../batches.ts";
import type { Store } from "../../store.ts";
import { contextAt, PARTITIONS, virtualShardOf } from "./actors.ts";
import { FAMILIES } from "./families.ts";
import type { Block } from "./histories.ts";
import { BLOCK_BEFORE, timeOfBlock } from "./histories.ts";
import { nodeAfter } from "./node.ts";
import type { ShardTrieEntry } from "./trie-entries.ts";
import { messageEntry } from "./trie-entries.ts";

/** What a snapshot lists of one virtual shard. */
export interface Listing {
  readonly virtualShard: number;
  readonly height: bigint;
  /** Pages of changes, each message once. */
  readonly pages: readonly (readonly Change[])[];
}

const PAGE_ENTRIES = 3;

function toListing(
  virtualShard: number,
  height: bigint,
  entries: readonly ShardTrieEntry[],
): Listing {
  const context = { ...contextAt(timeOfBlock(height)), height };
  const pages: Change[][] = [[]];
  for (const [index, { entry }] of entries.entries()) {
    if (index > 0 && index % PAGE_ENTRIES === 0) pages.push([]);
    pages.at(-1)?.push(...processSnapshotEntry(entry, context).changes);
  }
  return { virtualShard, height, pages };
}

/** What the node listed of a virtual shard at the end of a block of its history. */
export function listingOf(blocks: readonly Block[], virtualShard: number, height: bigint): Listing {
  const node = nodeAfter(blocks.slice(0, Number(height - BLOCK_BEFORE)));
  return toListing(virtualShard, height, node.entriesOf(virtualShard));
}

const ACTORS = [...new Set(FAMILIES.flat())];

/** Any messages of a partition at one of a few heights: impossible ones together, and twice. */
export const anyListing: fc.Arbitrary<Listing> = fc
  .tuple(
    fc.constantFrom(...PARTITIONS),
    fc.array(fc.constantFrom(...ACTORS), { maxLength: 30 }),
    fc.constantFrom(BLOCK_BEFORE, BLOCK_BEFORE + 2n, BLOCK_BEFORE + 4n),
  )
  .map(([virtualShard, actors, height]) => {
    const ofPartition = actors.filter(({ fid }) => virtualShardOf(fid) === virtualShard);
    const entries = ofPartition.map(({ message, fid }) => messageEntry(message, fid));
    return toListing(virtualShard, height, entries);
  });

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

/** Plans a partition; returns whether what it holds has to be listed again. */
async function planListing(store: Store, { virtualShard, height }: Listing): Promise<boolean> {
  await store.planSnapshot({ shardId: 1, height, virtualShards: [virtualShard] });
  const partitions = await store.listPartitions(1);
  const planned = partitions.find((partition) => partition.virtualShard === virtualShard);
  return planned?.isRelisted ?? false;
}

/** Plans partitions and applies their pages in turns, one of each. */
export async function applyListings(store: Store, listings: readonly Listing[]): Promise<void> {
  const relisted: boolean[] = [];
  for (const listing of listings) relisted.push(await planListing(store, listing));
  const longest = Math.max(0, ...listings.map(({ pages }) => pages.length));
  for (let index = 0; index < longest; index++) {
    for (const [place, listing] of listings.entries()) {
      if (index >= listing.pages.length) continue;
      await store.applyPage(toPage(listing, index, relisted[place] ?? false));
    }
  }
}

/** Plans a partition and applies all its pages. */
export async function applyListing(store: Store, listing: Listing): Promise<void> {
  await applyListings(store, [listing]);
}

/** Plans a partition and applies all its pages but the last: a download that is given up. */
export async function beginListing(store: Store, listing: Listing): Promise<void> {
  const isRelisted = await planListing(store, listing);
  for (const index of listing.pages.slice(1).keys()) {
    await store.applyPage(toPage(listing, index, isRelisted));
  }
}
