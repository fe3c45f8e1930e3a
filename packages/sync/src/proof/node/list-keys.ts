import { isSameBytes, narrowMessage } from "@snaprag/proto";
import { trieKeysOfMessage, trieNodeHash } from "@snaprag/verify";
import { trieKeysOf } from "../leaves/trie-keys.ts";
import type { KeyMessage } from "./key-history.ts";
import type { AccountPart } from "./list-part.ts";
import { PART_DEPTH } from "./list-part.ts";
import type { NodeReading } from "./node-reading.ts";

/** A gasless key message with its leaf. */
export interface KeyLeaf extends KeyMessage {
  readonly trieKey: Uint8Array;
}

function toLeaf(found: KeyMessage): readonly KeyLeaf[] {
  const message = narrowMessage(found.message);
  if (message.type === "unreadable") return [];
  return trieKeysOfMessage(message).map((trieKey) => ({ ...found, trieKey }));
}

function inOrder(a: KeyLeaf, b: KeyLeaf): number {
  return Buffer.compare(a.trieKey, b.trieKey);
}

/**
 * Lists the gasless keys of an account. Undefined when shard 0 does not tell what the part's hash is
 * of; one message that the account's shard did not accept may be among those it tells.
 */
export async function listKeys(
  { blake3, readKeyHistory, signal }: NodeReading,
  { fid, live }: AccountPart,
): Promise<readonly KeyLeaf[] | undefined> {
  if (live === undefined) return [];
  const told = ((await readKeyHistory(signal)).get(fid) ?? []).flatMap(toLeaf).sort(inOrder);
  const candidates = [told, ...told.map((left) => told.filter((each) => each !== left))];
  return candidates.find((leaves) =>
    isSameBytes(trieNodeHash(trieKeysOf(leaves), PART_DEPTH, blake3), live.hash),
  );
}
