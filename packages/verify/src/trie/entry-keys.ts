// Which keys an entry has in a shard's trie (docs/protocol.md 3.1).
import type { TypedMessage, UserNameProof } from "@snaprag/proto";
import { MESSAGE_WIRE_TYPES, UserNameType } from "@snaprag/proto";
import { fnameTrieKey, messageTrieKey } from "./trie-key.ts";

/**
 * The trie keys of a message: one for each type, V21's included, but for these.
 *
 * - A storage lend has two, the lender's first and then the borrower's.
 * - A frame action has none, as no node stores it.
 */
export function trieKeysOfMessage(message: TypedMessage): readonly Uint8Array[] {
  const { messageType } = MESSAGE_WIRE_TYPES[message.type];
  const keyUnder = (fid: bigint) => messageTrieKey(fid, messageType, message.envelope.hash);
  switch (message.type) {
    case "frameAction":
      return [];
    case "lendStorage":
      return [...new Set([message.fid, message.body.toFid])].map(keyUnder);
    default:
      return [keyUnder(message.fid)];
  }
}

/**
 * The trie key of a username proof that came by itself, as in events and in fname transfers.
 *
 * Undefined where it has none of its own: an fname that was given up (fid 0), and the ENS names and
 * basenames, which have the key of the message that carries them.
 *
 * @throws {VerifyError} `malformed_key` for an fname of more than 20 bytes
 */
export function trieKeyOfUsernameProof(proof: UserNameProof): Uint8Array | undefined {
  if (proof.type !== UserNameType.USERNAME_TYPE_FNAME || proof.fid === 0n) return undefined;
  return fnameTrieKey(proof.fid, proof.name);
}
