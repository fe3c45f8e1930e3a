import { Message, MessageType } from "@snaprag/proto";
import { readTrieKeyHead } from "@snaprag/verify";
import type { Entry } from "../../engine/state/shard-state.ts";
import type { TrieView } from "../../trie/create-trie.ts";
import type { TrieBranch, TrieLeaf, TrieNode } from "../../trie/trie-node.ts";
import { createBranch, nibbleAt } from "../../trie/trie-node.ts";

const ACCOUNT_PREFIX_BYTES = 5;
const HASH_BYTES = 20;
/** A message's type byte is its type, three bits further left (docs/protocol.md 3.1). */
const KEY_ADD_TYPE_BYTE = MessageType.KEY_ADD << 3;

/** Which virtual shards have a phantom key. */
export interface PhantomKeysOptions {
  readonly isStruck: (virtualShard: number) => boolean;
  /** Called when a walk comes upon a phantom, which ends it. */
  readonly onRead: () => void;
}

/**
 * A view in which the first fid of some virtual shards seems to have a gasless key. Its hashes and
 * counts stay those of the real view: what cannot be served is the one thing that is added.
 */
export function withPhantomKeys(
  view: TrieView<Entry>,
  { isStruck, onRead }: PhantomKeysOptions,
): TrieView<Entry> {
  /** Undefined for virtual shards without leaves. */
  function findPhantom(virtualShard: number): Phantom | undefined {
    if (!isStruck(virtualShard)) return undefined;
    const node = view.findNode([virtualShard >> 4, virtualShard & 0x0f]);
    const first = node === undefined ? undefined : firstLeafBelow(node);
    return first === undefined ? undefined : createPhantom(first.key);
  }

  return {
    ...view,
    get leafCount() {
      return view.leafCount;
    },
    findNode(nibbles) {
      const path = Uint8Array.from(nibbles);
      const [high, low] = path;
      const node = view.findNode(path);
      // Above the accounts, nothing differs.
      if (high === undefined || low === undefined || path.length < 2 * ACCOUNT_PREFIX_BYTES) {
        return node;
      }
      const phantom = findPhantom((high << 4) | low);
      return phantom === undefined ? node : overlay(node, path, phantom);
    },
    hashOf: (node) => view.hashOf(node),
  };

  function overlay(
    node: TrieNode<Entry> | undefined,
    path: Uint8Array,
    { key, leaf }: Phantom,
  ): TrieNode<Entry> | undefined {
    if (!path.every((nibble, depth) => nibble === nibbleAt(key, depth))) return node;
    if (path.length > 2 * (ACCOUNT_PREFIX_BYTES + 1)) return node;
    if (path.length === 2 * (ACCOUNT_PREFIX_BYTES + 1)) {
      onRead();
      return leaf;
    }
    // A copy that has the hash and the count already: the phantom is in neither.
    const branch: TrieBranch<Entry> = createBranch({});
    if (node?.kind === "branch") {
      branch.hash = view.hashOf(node);
      branch.leafCount = node.leafCount;
      for (const [nibble, child] of node.children.entries()) branch.children[nibble] = child;
    }
    branch.children[nibbleAt(key, path.length)] = leaf;
    return branch;
  }
}

interface Phantom {
  readonly key: Uint8Array;
  readonly leaf: TrieLeaf<Entry>;
}

function createPhantom(sibling: Uint8Array): Phantom {
  const key = new Uint8Array(ACCOUNT_PREFIX_BYTES + 1 + HASH_BYTES);
  key.set(sibling.subarray(0, ACCOUNT_PREFIX_BYTES));
  key[ACCOUNT_PREFIX_BYTES] = KEY_ADD_TYPE_BYTE;
  const { fid } = readTrieKeyHead(key);
  const message = Message.fromPartial({});
  const place = { timestamp: 0, slot: "", mergedBlock: 0n };
  const value: Entry = { entry: "message", message, kind: "keyAdd", fid, ...place };
  return { key, leaf: { kind: "leaf", key, value, hash: undefined } };
}

function firstLeafBelow(node: TrieNode<Entry>): TrieLeaf<Entry> | undefined {
  if (node.kind === "leaf") return node;
  for (const child of node.children) {
    const leaf = child === undefined ? undefined : firstLeafBelow(child);
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}
