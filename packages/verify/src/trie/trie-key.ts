// Keys of the trie's leaves (docs/protocol.md 3.1): virtual shard, fid, type byte, then what
// identifies the entry within its type.
import type { OnChainEvent } from "@snaprag/proto";
import { VerifyError } from "../verify-error.ts";
import { fidBytes, virtualShardOf } from "./routing.ts";

/** Type byte of registry usernames, between the on-chain types (1 to 6) and the message types. */
export const FNAME_TYPE_BYTE = 7;

const FNAME_KEY_BYTES = 20;

/** Type byte of a message: its `MessageType` number shifted left by three bits. */
export function messageTypeByte(messageType: number): number {
  return (messageType << 3) & 0xff;
}

/** What the first six bytes of a trie key say. */
export interface TrieKeyHead {
  /** 0 to 255. */
  readonly virtualShard: number;
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
  readonly typeByte: number;
}

/**
 * Reads virtual shard, fid and type byte off a trie key.
 *
 * @throws {VerifyError} `malformed_key` when it has fewer than six bytes
 */
export function readTrieKeyHead(key: Uint8Array): TrieKeyHead {
  if (key.length < 6) {
    throw new VerifyError("malformed_key", `A trie key of ${key.length} bytes has no type.`);
  }
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return {
    virtualShard: view.getUint8(0),
    fid: BigInt(view.getUint32(1)),
    typeByte: view.getUint8(5),
  };
}

function buildKey(fid: bigint, typeByte: number, tail: Uint8Array): Uint8Array {
  const key = new Uint8Array(6 + tail.length);
  key[0] = virtualShardOf(fid);
  key.set(fidBytes(fid), 1);
  key[5] = typeByte;
  key.set(tail, 6);
  return key;
}

/**
 * Trie key of a message under a fid: 26 bytes for a 20-byte hash.
 *
 * A storage lend has two: one under the lender's fid, one under the borrower's.
 */
export function messageTrieKey(fid: bigint, messageType: number, hash: Uint8Array): Uint8Array {
  return buildKey(fid, messageTypeByte(messageType), hash);
}

/** Trie key of an on-chain event: 42 bytes for a 32-byte transaction hash. */
export function onChainEventTrieKey(event: OnChainEvent): Uint8Array {
  const tail = new Uint8Array(event.transactionHash.length + 4);
  tail.set(event.transactionHash);
  new DataView(tail.buffer).setUint32(event.transactionHash.length, event.logIndex);
  return buildKey(event.fid, event.type, tail);
}

/**
 * Trie key of a registry username: 26 bytes, the name zero-padded on the right to 20.
 *
 * @throws {VerifyError} `malformed_key` when the name is longer than 20 bytes, which has no key
 */
export function fnameTrieKey(fid: bigint, name: Uint8Array): Uint8Array {
  if (name.length > FNAME_KEY_BYTES) {
    throw new VerifyError("malformed_key", `A name of ${name.length} bytes has no trie key.`);
  }
  const tail = new Uint8Array(FNAME_KEY_BYTES);
  tail.set(name);
  return buildKey(fid, FNAME_TYPE_BYTE, tail);
}
