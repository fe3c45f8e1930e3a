// Hashes of chunks and blocks (docs/protocol.md 4.4). The wire order of fields is the order of their
// numbers, in the node's encoder as in this one, so that a header encodes to what was hashed.
import type { Block, BlockEvent } from "@snaprag/proto";
import { BlockEventData, BlockHeader, ShardHeader, ShardWitness } from "@snaprag/proto";
import type { Blake3 } from "../blake3.ts";

/**
 * Hash of a shard chunk, 32 bytes. It covers the header alone: transactions are bound by the
 * header's shard root only.
 */
export function hashOfShardHeader(header: ShardHeader, blake3: Blake3): Uint8Array {
  return blake3.hash32(ShardHeader.encode(header).finish());
}

/** Hash of a block of shard 0, 32 bytes. */
export function hashOfBlockHeader(header: BlockHeader, blake3: Blake3): Uint8Array {
  return blake3.hash32(BlockHeader.encode(header).finish());
}

/** What a block's header says of the chunks that it witnesses, 32 bytes. */
export function hashOfShardWitness(witness: ShardWitness | undefined, blake3: Blake3): Uint8Array {
  const encoded = witness === undefined ? new Uint8Array() : ShardWitness.encode(witness).finish();
  return blake3.hash32(encoded);
}

/** What a block's header says of its events: 32 bytes, or empty when there are none. */
export function hashOfBlockEvents(events: Block["events"], blake3: Blake3): Uint8Array {
  if (events.length === 0) return new Uint8Array();
  const hashes = new Uint8Array(events.reduce((sum, { hash }) => sum + hash.length, 0));
  let end = 0;
  for (const { hash } of events) {
    hashes.set(hash, end);
    end += hash.length;
  }
  return blake3.hash32(hashes);
}

/** Hash of a block event, 32 bytes: what binds the gasless keys that only shard 0 tells of. */
export function hashOfBlockEvent(data: BlockEvent["data"], blake3: Blake3): Uint8Array {
  const encoded = data === undefined ? new Uint8Array() : BlockEventData.encode(data).finish();
  return blake3.hash32(encoded);
}
