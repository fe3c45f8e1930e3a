import type { OnChainEvent } from "@snaprag/proto";
import { FNAME_TYPE_BYTE, homeShardOf, messageTypeByte, virtualShardOf } from "@snaprag/verify";

/** Number of data shards of the network; shard 0 comes on top. */
export const DATA_SHARD_COUNT = 2;

const FNAME_KEY_BYTES = 20;

/** Where a fid's data lives (docs/protocol.md 3.1, 7). */
export interface FidPlace {
  readonly homeShardId: number;
  /** The five bytes that all trie keys of the fid start with: virtual shard and fid. */
  readonly accountPrefix: Uint8Array;
}

/** Finds the place of a fid. Remembers it, as finding it costs a SHA-256 for every trie key. */
export type PlaceOfFid = (fid: bigint) => FidPlace;

/** Creates a memory of places, to be shared by all shards. */
export function createFidPlaces(): PlaceOfFid {
  const places = new Map<bigint, FidPlace>();
  return (fid) => {
    let place = places.get(fid);
    if (place === undefined) {
      const accountPrefix = new Uint8Array(5);
      accountPrefix[0] = virtualShardOf(fid);
      new DataView(accountPrefix.buffer).setUint32(1, Number(fid & 0xffffffffn));
      place = { homeShardId: homeShardOf(fid, DATA_SHARD_COUNT), accountPrefix };
      places.set(fid, place);
    }
    return place;
  };
}

/** Trie key of a message under a fid. */
export function messageKey(
  { accountPrefix }: FidPlace,
  messageType: number,
  hash: Uint8Array,
): Uint8Array {
  return joinKey(accountPrefix, messageTypeByte(messageType), hash);
}

/** Trie key of an on-chain event of a fid. */
export function onChainKey({ accountPrefix }: FidPlace, event: OnChainEvent): Uint8Array {
  const tail = new Uint8Array(event.transactionHash.length + 4);
  tail.set(event.transactionHash);
  new DataView(tail.buffer).setUint32(event.transactionHash.length, event.logIndex);
  return joinKey(accountPrefix, event.type, tail);
}

/** Trie key of a registry username of at most 20 bytes that a fid holds. */
export function fnameKey({ accountPrefix }: FidPlace, name: Uint8Array): Uint8Array {
  const tail = new Uint8Array(FNAME_KEY_BYTES);
  tail.set(name);
  return joinKey(accountPrefix, FNAME_TYPE_BYTE, tail);
}

function joinKey(accountPrefix: Uint8Array, typeByte: number, tail: Uint8Array): Uint8Array {
  const key = new Uint8Array(accountPrefix.length + 1 + tail.length);
  key.set(accountPrefix);
  key[accountPrefix.length] = typeByte;
  key.set(tail, accountPrefix.length + 1);
  return key;
}
