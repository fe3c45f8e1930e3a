import type { Change } from "@snaprag/processors";
import { firstPositionOf, processHubEvent } from "@snaprag/processors";
import { anEventContext } from "@snaprag/processors/testing";
import type { BlockBatch, PageBatch } from "@snaprag/storage";

type HubEvent = Parameters<typeof processHubEvent>[0];

/** Time of every block in these tests. */
export const BLOCK_TIME: Date = new Date("2026-01-01T00:00:00.000Z");

/** A block batch of shard 1, where every account is at home, from the block before it. */
export function batchOf(blockNumber: bigint, changes: readonly Change[]): BlockBatch {
  return {
    shardId: 1,
    previousBlock: blockNumber - 1n,
    blockNumber,
    blockTime: BLOCK_TIME,
    eventId: firstPositionOf(blockNumber + 1n) - 1n,
    changes,
    messageCount: changes.length,
    quarantined: [],
  };
}

/** What events do in a block of shard 1, in order. */
export function changesOf(blockNumber: bigint, events: readonly HubEvent[]): readonly Change[] {
  const context = anEventContext({ homeShardOf: () => 1, at: BLOCK_TIME });
  return events.flatMap((event, index) => {
    const id = firstPositionOf(blockNumber) + BigInt(index + 1);
    return processHubEvent({ ...event, id }, context).changes;
  });
}

/** The only page of a partition of shard 1, at a height. */
export function pageOf(height: bigint, changes: readonly Change[]): PageBatch {
  return {
    shardId: 1,
    virtualShard: 0,
    height,
    at: BLOCK_TIME,
    pageToken: null,
    nextPageToken: null,
    isLast: true,
    isRelisted: false,
    changes,
    messageCount: changes.length,
    fallbackCount: 0,
    quarantined: [],
  };
}
