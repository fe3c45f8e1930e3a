// Whether an entry of a snapshot is under the key that its content has (docs/protocol.md 3.1).
import type { Change } from "@snaprag/processors";
import { KIND_OF_TABLE } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { isSameBytes, MESSAGE_WIRE_TYPES, narrowMessage } from "@snaprag/proto";
import {
  messageTrieKey,
  messageTypeByte,
  onChainEventTrieKey,
  trieKeyOfUsernameProof,
  trieKeysOfMessage,
  virtualShardOf,
} from "@snaprag/verify";

const MESSAGE_KEY_BYTES = 26;
const HASH_START = 6;

/** Type byte of each relation of messages that have keys: frame actions are in no trie. */
const TYPE_BYTES: ReadonlyMap<string, number> = new Map(
  Object.entries(KIND_OF_TABLE)
    .filter(([, kind]) => kind !== "frameAction")
    .map(([table, kind]) => [table, messageTypeByte(MESSAGE_WIRE_TYPES[kind].messageType)]),
);

const ACCOUNT_BYTES = 5;

/** The account that was checked last, because entries come account by account. */
const latest = { fid: -1n, prefix: new Uint8Array(ACCOUNT_BYTES) };

/** What every key of an account begins with: its virtual shard, and the fid in four bytes. */
function prefixOf(fid: bigint): Uint8Array {
  const prefix = new Uint8Array(ACCOUNT_BYTES);
  prefix[0] = virtualShardOf(fid);
  new DataView(prefix.buffer).setUint32(1, Number(BigInt.asUintN(32, fid)));
  return prefix;
}

function isOfAccount(key: Uint8Array, fid: bigint): boolean {
  if (fid !== latest.fid) Object.assign(latest, { fid, prefix: prefixOf(fid) });
  const { prefix } = latest;
  for (let index = 0; index < ACCOUNT_BYTES; index++) {
    if (prefix[index] !== key[index]) return false;
  }
  return true;
}

function endsWithHash(key: Uint8Array, hash: Uint8Array): boolean {
  if (hash.length !== MESSAGE_KEY_BYTES - HASH_START) return false;
  for (let index = 0; index < hash.length; index++) {
    if (key[HASH_START + index] !== hash[index]) return false;
  }
  return true;
}

/** Whether a key is the one of a message that became this row, under its author's fid. */
export function isKeyOfRow(key: Uint8Array, change: Change | undefined): boolean {
  if (change?.kind !== "merge" || !("hash" in change.row)) return false;
  const { fid, hash } = change.row;
  return (
    key.length === MESSAGE_KEY_BYTES &&
    key[5] === TYPE_BYTES.get(change.table) &&
    endsWithHash(key, hash) &&
    isOfAccount(key, fid)
  );
}

/** Keys that an entry of this content can have. */
function keysOf({ trieMessage }: ShardTrieEntryWithMessage): readonly Uint8Array[] {
  switch (trieMessage?.$case) {
    case "userMessage": {
      const message = narrowMessage(trieMessage.value);
      if (message.type !== "unreadable") return trieKeysOfMessage(message);
      // Of a type newer than this version, whose key is made as all others are.
      const { fid, messageType, envelope } = message;
      if (fid === undefined || messageType === undefined) return [];
      return [messageTrieKey(fid, messageType, envelope.hash)];
    }
    case "onChainEvent":
      return [onChainEventTrieKey(trieMessage.value)];
    case "fnameTransfer": {
      const { proof } = trieMessage.value;
      if (proof === undefined || proof.name.length > 20) return [];
      const key = trieKeyOfUsernameProof(proof);
      return key ? [key] : [];
    }
    default:
      return [];
  }
}

/**
 * Whether the key that a node lists an entry under is the one of its content. `changes` are what
 * the entry was processed to; they spare decoding it once more.
 */
export function hasOwnKey(entry: ShardTrieEntryWithMessage, changes: readonly Change[]): boolean {
  const { trieKey } = entry;
  return isKeyOfRow(trieKey, changes[0]) || keysOf(entry).some((key) => isSameBytes(key, trieKey));
}
