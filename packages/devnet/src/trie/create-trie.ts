import { isSameBytes } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import type { Generation, HashNode, TrieBranch, TrieLeaf, TrieNode } from "./trie-node.ts";
import {
  createBranch,
  createNodeHasher,
  LEAF_DEPTH,
  leafCountOf,
  nibbleAt,
  ownBranch,
} from "./trie-node.ts";

/** A set of keys that does not change: a snapshot, or a trie between two changes. */
export interface TrieView<Value> {
  readonly leafCount: number;
  /** 20 bytes, or empty when there is no key. */
  rootHash(): Uint8Array;
  /** The node at a path of nibbles. A leaf is found at its own depth only, not further down. */
  findNode(path: Iterable<number>): TrieNode<Value> | undefined;
  /** 20 bytes. */
  hashOf(node: TrieNode<Value>): Uint8Array;
  /** The leaf of a whole key. */
  findLeaf(key: Uint8Array): TrieLeaf<Value> | undefined;
  /** Every leaf, by key ascending. */
  leaves(): Iterable<TrieLeaf<Value>>;
  /** The same set without some keys, missing ones among them. Shares what it does not change. */
  without(keys: Iterable<Uint8Array>): TrieView<Value>;
}

/** The keys of one shard. Hashes are computed when asked for, and only where something changed. */
export interface Trie<Value> extends TrieView<Value> {
  /** Adds a key. A key that is there keeps its place and takes the new value. */
  insert(key: Uint8Array, value: Value): void;
  /** Removes a key; removing a missing one changes nothing. */
  delete(key: Uint8Array): void;
  /** The trie as it is now, which later changes leave alone. Costs nothing until they come. */
  snapshot(): TrieView<Value>;
}

/**
 * Creates an empty trie.
 *
 * Branches are shared with snapshots until they change: each snapshot starts a new generation, and
 * a branch of an older one is copied before its first change.
 */
export function createTrie<Value>(blake3: Blake3): Trie<Value> {
  return growTrie(createBranch<Value>({}), createNodeHasher(blake3));
}

/** A trie that begins as another one is, without touching the branches of that one. */
function growTrie<Value>(start: TrieBranch<Value>, hashNode: HashNode): Trie<Value> {
  let generation: Generation = {};
  let root = start;

  function insert(key: Uint8Array, value: Value): void {
    const leaf: TrieLeaf<Value> = { kind: "leaf", key, value, hash: undefined };
    const added = findLeafBelow(root, key) === undefined ? 1 : 0;
    root = ownBranch(root, generation);
    let branch = root;
    for (let depth = 0; ; depth++) {
      branch.leafCount += added;
      branch.hash = undefined;
      const nibble = nibbleAt(key, depth);
      const child = branch.children[nibble];
      if (isPlaceFor(child, leaf, depth + 1)) {
        branch.children[nibble] = leaf;
        return;
      }
      const next = branchFor(child, depth + 1, generation);
      branch.children[nibble] = next;
      branch = next;
    }
  }

  function remove(key: Uint8Array): void {
    if (findLeafBelow(root, key) === undefined) return;
    root = ownBranch(root, generation);
    let branch = root;
    for (let depth = 0; ; depth++) {
      branch.leafCount--;
      branch.hash = undefined;
      const nibble = nibbleAt(key, depth);
      const child = branch.children[nibble];
      if (child === undefined) return;
      const rest = withoutKey(child, key, depth + 1);
      if (rest !== "branch") {
        branch.children[nibble] = rest;
        return;
      }
      // Safety: withoutKey answers "branch" for branches only.
      const next = ownBranch(child as TrieBranch<Value>, generation);
      branch.children[nibble] = next;
      branch = next;
    }
  }

  function snapshot(): TrieView<Value> {
    generation = {};
    const kept = root;
    return viewOf(() => kept, hashNode);
  }

  return {
    ...viewOf(() => root, hashNode),
    get leafCount() {
      return root.leafCount;
    },
    without: (keys) => snapshot().without(keys),
    insert,
    delete: remove,
    snapshot,
  };
}

function isPlaceFor<Value>(
  child: TrieNode<Value> | undefined,
  leaf: TrieLeaf<Value>,
  depth: number,
): boolean {
  if (child === undefined) return depth >= LEAF_DEPTH;
  return child.kind === "leaf" && isSameBytes(child.key, leaf.key);
}

/** A branch to go on in: the child itself, or a new one that holds the leaf which stood there. */
function branchFor<Value>(
  child: TrieNode<Value> | undefined,
  depth: number,
  generation: Generation,
): TrieBranch<Value> {
  if (child?.kind === "branch") return ownBranch(child, generation);
  const branch = createBranch<Value>(generation);
  if (child === undefined) return branch;
  branch.children[nibbleAt(child.key, depth)] = child;
  branch.leafCount = 1;
  return branch;
}

/** What stands in a child's place once a key below it is gone; "branch" when it stays a branch. */
function withoutKey<Value>(
  child: TrieNode<Value>,
  key: Uint8Array,
  depth: number,
): TrieLeaf<Value> | undefined | "branch" {
  if (child.kind === "leaf" || child.leafCount === 1) return undefined;
  if (child.leafCount > 2 || depth < LEAF_DEPTH) return "branch";
  for (const leaf of leavesBelow(child)) if (!isSameBytes(leaf.key, key)) return leaf;
  return undefined;
}

function viewOf<Value>(root: () => TrieBranch<Value>, hashNode: HashNode): TrieView<Value> {
  return {
    get leafCount() {
      return root().leafCount;
    },
    rootHash: () => hashNode(root()),
    findNode(path) {
      let node: TrieNode<Value> | undefined = root();
      for (const nibble of path) {
        if (node?.kind !== "branch") return undefined;
        node = node.children[nibble];
      }
      return node !== undefined && leafCountOf(node) > 0 ? node : undefined;
    },
    hashOf: hashNode,
    findLeaf: (key) => findLeafBelow(root(), key),
    leaves: () => leavesBelow(root()),
    without(keys) {
      const rest = growTrie(root(), hashNode);
      for (const key of keys) rest.delete(key);
      return rest.snapshot();
    },
  };
}

function findLeafBelow<Value>(
  root: TrieBranch<Value>,
  key: Uint8Array,
): TrieLeaf<Value> | undefined {
  let node: TrieNode<Value> | undefined = root;
  for (let depth = 0; node?.kind === "branch"; depth++) node = node.children[nibbleAt(key, depth)];
  return node !== undefined && isSameBytes(node.key, key) ? node : undefined;
}

function* leavesBelow<Value>(node: TrieNode<Value>): Generator<TrieLeaf<Value>> {
  if (node.kind === "leaf") {
    yield node;
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* leavesBelow(child);
}
