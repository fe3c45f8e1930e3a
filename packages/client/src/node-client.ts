import type { Block, HubEvent, ShardChunk, ShardSnapshotMetadata } from "@snaprag/proto";
import type { BlockRange, ReadBlocksOptions, ShardChunkRange } from "./reads/blocks.ts";
import type { EventRange } from "./reads/events.ts";
import type { ReadMessages } from "./reads/messages.ts";
import type {
  PackedSnapshotPage,
  SnapshotPage,
  SnapshotPartition,
} from "./reads/snapshot-pages.ts";
import type { SubscribeOptions, Subscription } from "./reads/subscription.ts";
import type { HubCalls, ReplicationCalls } from "./transport/node-connection.ts";
import type { CallOptions } from "./transport/typed-calls.ts";

/**
 * Typed access to Snapchain.
 *
 * Every failure is a `NodeClientError`, except that an abort throws the signal's own reason. Unary
 * calls, and thus all reads made of them, retry failures that may pass, except for submitting
 * messages. Nothing is sent before a stream or read is first pulled, and leaving its loop cancels
 * what is in flight. `bytes` fields are views of the answer they came in: copy what is to
 * outlive it.
 */
export interface NodeClient {
  /** Every RPC of HubService, such as `client.hub.getCastsByFid({ fid })`. */
  readonly hub: HubCalls;
  /** Every RPC of ReplicationService. */
  readonly replication: ReplicationCalls;

  /**
   * Lists the snapshots that the node holds of a shard, newest first.
   *
   * The list is empty when all of them have expired; the node takes the next one with its next
   * block. A node that has taken none since its start, or does not know the shard, fails with
   * `snapshot_unavailable` instead: the two look the same to it (docs/protocol.md 2.1).
   */
  listSnapshots(shardId: number, options?: CallOptions): Promise<readonly ShardSnapshotMetadata[]>;

  /**
   * The newest snapshot of a shard; `undefined` when all have expired.
   *
   * Fails as {@link listSnapshots} does.
   */
  findNewestSnapshot(
    shardId: number,
    options?: CallOptions,
  ): Promise<ShardSnapshotMetadata | undefined>;

  /**
   * Reads one virtual shard of a snapshot page by page, in order.
   *
   * While the consumer works on a page, exactly one more is fetched. Every page is yielded, also an
   * empty last one; the page without a `nextPageToken` is the last. Ends in failure with
   * `snapshot_gone` when the node drops the snapshot, and with `unservable_page` at an entry that
   * no node serves (docs/protocol.md 2.2, 2.5).
   *
   * @throws {TypeError} when the virtual shard is not 0 to 255
   */
  readSnapshotPages(
    partition: SnapshotPartition,
    options?: CallOptions,
  ): AsyncIterable<SnapshotPage>;

  /**
   * The same with pages that are made objects when the consumer is ready for them. For one that
   * reads many partitions at a time, and has little use for all their pages at once.
   *
   * @throws {TypeError} when the virtual shard is not 0 to 255
   */
  readPackedSnapshotPages(
    partition: SnapshotPartition,
    options?: CallOptions,
  ): AsyncIterable<PackedSnapshotPage>;

  /**
   * Reads a shard's stored events in ascending order of id, page by page, up to the newest. While
   * the consumer works on a page, exactly one more is fetched.
   *
   * Nodes keep events for three to four days and do not say what they have dropped: compare the
   * first event's block with the one asked for. KeyAdd and KeyRemove events are not stored
   * (docs/protocol.md 1.4, 1.6, 1.7).
   *
   * @throws {TypeError} when `startId` or `pageSize` is out of range
   */
  readEvents(range: EventRange, options?: CallOptions): AsyncIterable<readonly HubEvent[]>;

  /**
   * Streams a shard's events as they happen, over a connection of its own.
   *
   * Connects again with backoff until the signal aborts, so iteration ends only by that, by leaving
   * the loop, or by a failure that retrying cannot fix. After a reconnect the events of the block in
   * progress come again; none is skipped for it. The node itself may skip events without a word, so
   * check the counts of BLOCK_CONFIRMED and fill holes with {@link readEvents} (docs/protocol.md
   * 1.3). What is not pulled waits at the node, which drops events when 10,000 wait.
   *
   * Events with id 0 belong to gasless keys and to the block confirmed last (docs/protocol.md 1.6).
   *
   * @throws {TypeError} when `fromId` or an option is out of range
   */
  subscribe(subscription: Subscription, options?: SubscribeOptions): AsyncIterable<HubEvent>;

  /**
   * Streams blocks of shard 0 in ascending order and ends at the node's newest block.
   *
   * Opens the stream again after the last block when it is cut, up to `retry.attempts` times in a
   * row. The node leaves out blocks that it has pruned: check that the numbers follow each other
   * (docs/protocol.md 8.2).
   */
  readBlocks(range: BlockRange, options?: ReadBlocksOptions): AsyncIterable<Block>;

  /**
   * Reads chunks of a data shard in ascending order, up to 100 at a time.
   *
   * Chunks that the node has pruned, or does not have yet, are left out (docs/protocol.md 8.3).
   */
  readShardChunks(
    range: ShardChunkRange,
    options?: CallOptions,
  ): AsyncIterable<readonly ShardChunk[]>;

  /**
   * Reads all messages of a call that returns them page by page, such as
   * `readMessages("getAllCastMessagesByFid", { fid })`.
   *
   * Pages without messages are not yielded. Reads by fid bring 10,000 messages at a time unless the
   * request has a `pageSize` (docs/protocol.md 8.4).
   */
  readonly readMessages: ReadMessages;

  /**
   * Cancels every call, which fails with `cancelled`, and closes every connection. The client cannot
   * be used afterwards. Closing again does nothing.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
