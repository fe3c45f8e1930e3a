import type { Block, ShardChunk } from "@snaprag/proto";
import { isSameBytes } from "@snaprag/proto";
import type { Blake3 } from "../blake3.ts";
import {
  hashOfBlockEvents,
  hashOfBlockHeader,
  hashOfShardHeader,
  hashOfShardWitness,
} from "./block-hash.ts";
import type { CheckCommitsOptions, CommitsCheck } from "./check-commits.ts";
import { checkCommits, failed } from "./check-commits.ts";

/** What a block is checked with. */
export interface CheckBlockOptions extends CheckCommitsOptions {
  /** As {@link loadBlake3} gives it. */
  readonly blake3: Blake3;
}

/**
 * Checks that a shard chunk's hash is its header's and that its validators have committed it.
 *
 * So its `shardRoot` is the chain's. Its transactions are not covered, and whether it is of the
 * shard and height that were asked for is the caller's to compare.
 */
export function checkShardChunk(chunk: ShardChunk, options: CheckBlockOptions): CommitsCheck {
  const { header, hash, commits } = chunk;
  const height = header?.height;
  if (header === undefined || height === undefined || commits === undefined) {
    return failed("incomplete");
  }
  if (!isSameBytes(hash, hashOfShardHeader(header, options.blake3))) return failed("hash_mismatch");
  return checkCommits(commits, { height, hash }, options);
}

/**
 * Checks that a block of shard 0 has its header's hash, holds the witnesses and the event hashes
 * that the header names, and was committed by its validators.
 *
 * That an event is what its hash says is {@link hashOfBlockEvent}'s to tell.
 */
export function checkBlock(block: Block, options: CheckBlockOptions): CommitsCheck {
  const { header, hash, commits } = block;
  const height = header?.height;
  if (header === undefined || height === undefined || commits === undefined) {
    return failed("incomplete");
  }
  const { blake3 } = options;
  if (!isSameBytes(hash, hashOfBlockHeader(header, blake3))) return failed("hash_mismatch");
  if (!isSameBytes(header.shardWitnessesHash, hashOfShardWitness(block.shardWitness, blake3))) {
    return failed("witness_mismatch");
  }
  if (!isSameBytes(header.eventsHash, hashOfBlockEvents(block.events, blake3))) {
    return failed("events_mismatch");
  }
  return checkCommits(commits, { height, hash }, options);
}
