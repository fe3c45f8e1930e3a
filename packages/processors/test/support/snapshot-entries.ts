import type {
  Message,
  OnChainEvent,
  ShardTrieEntryWithMessage,
  UserNameProof,
} from "@snaprag/proto";

/** A trie key of an account: virtual shard (any), low 32 bits of the fid, and what follows. */
export function accountKey(fid: bigint): Uint8Array {
  const key = new Uint8Array(26);
  key[0] = 0xf8;
  new DataView(key.buffer).setUint32(1, Number(fid & 0xffffffffn));
  return key;
}

/** A message listed in the account of a fid, its author's or another's. */
export function aMessageEntry(message: Message, accountFid: bigint): ShardTrieEntryWithMessage {
  const trieKey = accountKey(accountFid);
  return { trieKey, trieMessage: { $case: "userMessage", value: message } };
}

export function anOnChainEntry(event: OnChainEvent): ShardTrieEntryWithMessage {
  const trieKey = accountKey(event.fid);
  return { trieKey, trieMessage: { $case: "onChainEvent", value: event } };
}

/** A registry proof as snapshots list it: `id` and `from_fid` are 0 (docs/protocol.md 2.3). */
export function anFnameEntry(proof: UserNameProof): ShardTrieEntryWithMessage {
  const trieKey = accountKey(proof.fid);
  return {
    trieKey,
    trieMessage: { $case: "fnameTransfer", value: { id: 0n, fromFid: 0n, proof } },
  };
}
