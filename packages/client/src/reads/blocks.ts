import type { Block, BlockHeader, ShardChunk, ShardHeader } from "@snaprag/proto";
import type { CallSite } from "../errors/classify-failure.ts";
import { malformedResponse } from "../errors/classify-failure.ts";
import { expectDurationMs } from "../options/expect-option.ts";
import { resumeStream } from "../retry/resume-stream.ts";
import { combineSignals } from "../transport/cancellation.ts";
import type { NodeConnection } from "../transport/node-connection.ts";
import type { CallOptions } from "../transport/typed-calls.ts";

/** The node puts a whole range into one answer, so it is asked for this much at a time. */
const CHUNKS_PER_CALL = 100n;

/** Which blocks of shard 0 to read. */
export interface BlockRange {
  /** Inclusive. */
  readonly startBlock: bigint;
  /** Exclusive; up to the node's newest block when left out. */
  readonly stopBlock?: bigint | undefined;
}

/** Options of `NodeClient.readBlocks`. */
export interface ReadBlocksOptions {
  /** Ends the read, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Longest wait for one block, in milliseconds, before the stream is opened again.
   *
   * @default the client's `timeoutMs`
   */
  readonly idleTimeoutMs?: number | undefined;
}

/** Which chunks of a data shard to read. */
export interface ShardChunkRange {
  readonly shardId: number;
  /** Inclusive. */
  readonly startBlock: bigint;
  /** Exclusive. */
  readonly stopBlock: bigint;
}

/** Streams blocks of shard 0; see `NodeClient.readBlocks`. */
export function readBlocks(
  node: NodeConnection,
  range: BlockRange,
  options: ReadBlocksOptions = {},
): AsyncIterable<Block> {
  const { options: clientOptions, closing } = node.settings;
  const { signal, idleTimeoutMs = clientOptions.timeoutMs } = options;
  const callOptions = { signal, idleTimeoutMs: expectDurationMs("idleTimeoutMs", idleTimeoutMs) };
  const site = { method: "/HubService/GetBlocks", endpoint: clientOptions.endpoint.url };
  const { stopBlock } = range;
  let nextBlock = range.startBlock;
  return resumeStream<Block>(
    {
      open() {
        // An empty range, or a stream that was cut after its last block.
        if (stopBlock !== undefined && nextBlock >= stopBlock) return { items: [] };
        const request = { startBlockNumber: nextBlock, stopBlockNumber: stopBlock };
        return { items: node.hub.getBlocks(request, callOptions) };
      },
      onItem(block) {
        nextBlock = followingBlock(block, nextBlock, site);
      },
      endsWhenComplete: true,
      maxFailures: clientOptions.retry.attempts,
    },
    {
      method: site.method,
      options: clientOptions,
      signal: combineSignals(signal, closing),
      logLevel: "warn",
    },
  );
}

/** Reads chunks of a data shard, up to 100 at a time; see `NodeClient.readShardChunks`. */
export async function* readShardChunks(
  node: NodeConnection,
  { shardId, startBlock, stopBlock }: ShardChunkRange,
  options: CallOptions = {},
): AsyncGenerator<readonly ShardChunk[], void, undefined> {
  const site = {
    method: "/HubService/GetShardChunks",
    endpoint: node.settings.options.endpoint.url,
  };
  for (let start = startBlock; start < stopBlock; start += CHUNKS_PER_CALL) {
    const limit = start + CHUNKS_PER_CALL;
    const stop = limit < stopBlock ? limit : stopBlock;
    const request = { shardId, startBlockNumber: start, stopBlockNumber: stop };
    const { shardChunks } = await node.hub.getShardChunks(request, options);
    let nextBlock = start;
    for (const chunk of shardChunks) nextBlock = followingBlock(chunk, nextBlock, site);
    if (shardChunks.length > 0) yield shardChunks;
  }
}

/** The number after this block's. Throws unless the block is the one due, or a later one. */
function followingBlock(
  { header }: { readonly header?: BlockHeader | ShardHeader | undefined },
  nextBlock: bigint,
  site: CallSite,
): bigint {
  const blockNumber = header?.height?.blockNumber;
  if (blockNumber === undefined) throw malformedResponse(site, "a block came without its header");
  if (blockNumber < nextBlock) {
    const description = `block ${blockNumber} came where ${nextBlock} or a later one was due`;
    throw malformedResponse(site, description);
  }
  return blockNumber + 1n;
}
