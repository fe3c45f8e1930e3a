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

/** A key message that was told, with what it says of which key. */
interface ToldMessage {
  readonly leaf: KeyLeaf;
  /** The key, as hex. */
  readonly key: string;
  readonly isAdd: boolean;
}

function toTold(found: KeyMessage): readonly ToldMessage[] {
  const message = narrowMessage(found.message);
  if (message.type !== "keyAdd" && message.type !== "keyRemove") return [];
  const key = Buffer.from(message.body.key).toString("hex");
  const isAdd = message.type === "keyAdd";
  return trieKeysOfMessage(message).map((trieKey) => ({ leaf: { ...found, trieKey }, key, isAdd }));
}

function inOrder(a: KeyLeaf, b: KeyLeaf): number {
  return Buffer.compare(a.trieKey, b.trieKey);
}

/**
 * The leaves after all messages that were told, or after all but one that was refused: keys in use, and
 * every remove. A remove is refused with the add of its key.
 */
function leavesAfter(told: readonly ToldMessage[], refused?: ToldMessage): readonly KeyLeaf[] {
  const inUse = new Map<string, KeyLeaf>();
  const removes: KeyLeaf[] = [];
  for (const message of told) {
    const { leaf, key, isAdd } = message;
    if (message === refused) continue;
    if (isAdd) inUse.set(key, leaf);
    else if (inUse.delete(key) || key !== refused?.key) removes.push(leaf);
  }
  return [...inUse.values(), ...removes].sort(inOrder);
}

/**
 * Lists the gasless keys of an account. Undefined when shard 0 does not tell what the part's hash is
 * of; one message that the account's shard refused may be among those it tells (docs/protocol.md
 * 1.6), and then what it would have replaced or removed is still there.
 */
export async function listKeys(
  { blake3, readKeyHistory, signal }: NodeReading,
  { fid, live }: AccountPart,
): Promise<readonly KeyLeaf[] | undefined> {
  if (live === undefined) return [];
  const told = ((await readKeyHistory(signal)).get(fid) ?? []).flatMap(toTold);
  for (const refused of [undefined, ...told]) {
    const leaves = leavesAfter(told, refused);
    if (isSameBytes(trieNodeHash(trieKeysOf(leaves), PART_DEPTH, blake3), live.hash)) return leaves;
  }
  return undefined;
}
