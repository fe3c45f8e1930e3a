// The nodes of the trie (docs/protocol.md 3.3). A key is walked nibble by nibble, high nibble first.
import type { Blake3 } from "@snaprag/verify";

/** Depth in nibbles from which a lone key is a leaf: virtual shard, fid and type byte come first. */
export const LEAF_DEPTH = 12;

const FAN_OUT = 16;
const HASH_BYTES = 20;

/** A key and what it stands for. */
export interface TrieLeaf<Value> {
  readonly kind: "leaf";
  readonly key: Uint8Array;
  readonly value: Value;
  /** Filled in by {@link createNodeHasher}. */
  hash: Uint8Array | undefined;
}

/** What tells apart the times between two snapshots, by identity. */
export type Generation = object;

/** The keys that share a prefix, by their next nibble. */
export interface TrieBranch<Value> {
  readonly kind: "branch";
  readonly children: (TrieNode<Value> | undefined)[];
  leafCount: number;
  /** Filled in by {@link createNodeHasher}, cleared by every change below. */
  hash: Uint8Array | undefined;
  /** Only the trie of this generation may change the node in place; a later one copies it. */
  readonly generation: Generation;
}

/** A leaf or a branch. */
export type TrieNode<Value> = TrieLeaf<Value> | TrieBranch<Value>;

/** A branch without children. */
export function createBranch<Value>(generation: Generation): TrieBranch<Value> {
  return {
    kind: "branch",
    children: new Array(FAN_OUT).fill(undefined),
    leafCount: 0,
    hash: undefined,
    generation,
  };
}

/** The branch itself when this generation made it, else a copy that this generation may change. */
export function ownBranch<Value>(
  branch: TrieBranch<Value>,
  generation: Generation,
): TrieBranch<Value> {
  if (branch.generation === generation) return branch;
  return {
    kind: "branch",
    children: branch.children.slice(),
    leafCount: branch.leafCount,
    hash: branch.hash,
    generation,
  };
}

/** The nibble that a key has at a depth. */
export function nibbleAt(key: Uint8Array, depth: number): number {
  const byte = key[depth >> 1] ?? 0;
  return (depth & 1) === 0 ? byte >> 4 : byte & 0x0f;
}

/** A byte string as nibbles, one byte each. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (let depth = 0; depth < nibbles.length; depth++) nibbles[depth] = nibbleAt(bytes, depth);
  return nibbles;
}

/** Number of leaves at and below a node. */
export function leafCountOf(node: TrieNode<unknown>): number {
  return node.kind === "leaf" ? 1 : node.leafCount;
}

/** Computes the hashes of nodes, and keeps them in the nodes. */
export type HashNode = (node: TrieNode<unknown>) => Uint8Array;

/** Creates the function that hashes nodes: 20 bytes, or empty for a branch without leaves. */
export function createNodeHasher(blake3: Blake3): HashNode {
  // One buffer for all nodes: a trie is hashed millions of times.
  const joined = new Uint8Array(FAN_OUT * HASH_BYTES);

  function hashBranch(branch: TrieBranch<unknown>): Uint8Array {
    for (const child of branch.children) if (child !== undefined) hashNode(child);
    let length = 0;
    for (const child of branch.children) {
      if (child?.hash === undefined) continue;
      joined.set(child.hash, length);
      length += HASH_BYTES;
    }
    return length === 0 ? new Uint8Array() : blake3.hash20(joined.subarray(0, length));
  }

  function hashNode(node: TrieNode<unknown>): Uint8Array {
    node.hash ??= node.kind === "leaf" ? blake3.hash20(toNibbles(node.key)) : hashBranch(node);
    return node.hash;
  }

  return hashNode;
}
