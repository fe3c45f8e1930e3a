// Small protocol values with every field at its default but those that matter.
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import {
  Block,
  BlockHeader,
  FidAccountRootHash,
  Height,
  HubEvent,
  HubEventType,
  Message,
  ShardChunk,
  ShardHeader,
  ShardSnapshotMetadata,
} from "@snaprag/proto";
import { firstEventIdOf } from "../../src/index.ts";

interface Decoder<Value> {
  decode(bytes: Uint8Array): Value;
}

function withFields<Value>(codec: Decoder<Value>, fields: Partial<Value>): Value {
  return { ...codec.decode(new Uint8Array()), ...fields };
}

export function aBlockConfirmed(blockNumber: bigint): HubEvent {
  const id = firstEventIdOf(blockNumber);
  return withFields(HubEvent, {
    type: HubEventType.BLOCK_CONFIRMED,
    id,
    blockNumber,
    shardIndex: 1,
  });
}

/** The event with a sequence number, from 1, within a block. */
export function aMergeEvent(blockNumber: bigint, sequence: bigint): HubEvent {
  const id = firstEventIdOf(blockNumber) + sequence;
  return withFields(HubEvent, { type: HubEventType.MERGE_MESSAGE, id, blockNumber, shardIndex: 1 });
}

/** A merge of a gasless key, which has no id. */
export function aKeyEvent(): HubEvent {
  return withFields(HubEvent, { type: HubEventType.MERGE_MESSAGE, shardIndex: 1 });
}

export function aMessage(hash: Uint8Array): Message {
  return withFields(Message, { hash });
}

/** As pages are read: without a list of unknown fields. */
export function anEntry(trieKey: Uint8Array): ShardTrieEntryWithMessage {
  const value = { ...aMessage(trieKey), _unknownFields: undefined };
  return { trieKey, trieMessage: { $case: "userMessage", value } };
}

export function anAccountRoot(fid: bigint): FidAccountRootHash {
  return withFields(FidAccountRootHash, { fid, numMessages: 1n });
}

export function aSnapshot(height: bigint): ShardSnapshotMetadata {
  return withFields(ShardSnapshotMetadata, { shardId: 1, height });
}

export function aBlock(blockNumber: bigint): Block {
  const height = withFields(Height, { blockNumber });
  return withFields(Block, { header: withFields(BlockHeader, { height }) });
}

export function aShardChunk(blockNumber: bigint): ShardChunk {
  const height = withFields(Height, { shardIndex: 1, blockNumber });
  return withFields(ShardChunk, { header: withFields(ShardHeader, { height }) });
}
