// Merkle roots of a stream of trie keys in order, with memory proportional to the trie's depth
// (docs/protocol.md 3.3). Works on nibbles: a 26-byte key is a path of 52.
import type { Blake3 } from "./blake3.ts";

/** Depth in nibbles from which a node with a single key is a leaf: virtual shard, fid, type. */
const LEAF_DEPTH = 12;
const ACCOUNT_DEPTH = 10;
const VIRTUAL_SHARD_DEPTH = 2;
const HASH_BYTES = 20;

/** The root of one fid's account within a shard. */
export interface AccountRoot {
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
  /** 20 bytes. */
  readonly root: Uint8Array;
  /** Messages, on-chain events and usernames of the account. */
  readonly leafCount: number;
}

/** What a finished stream of keys adds up to. */
export interface TrieRoot {
  /** 20 bytes, or empty when there was no key. */
  readonly root: Uint8Array;
  readonly leafCount: number;
}

/** Options of {@link createTrieHasher}. */
export interface TrieHasherOptions {
  readonly blake3: Blake3;
  /**
   * Which node {@link TrieHasher.finish} returns: the shard's root, or the node of the one virtual
   * shard that all keys belong to.
   *
   * @default "shard"
   */
  readonly scope?: "shard" | "virtualShard" | undefined;
  /** Called for each account as soon as the stream has moved past it. */
  readonly onAccountRoot?: ((account: AccountRoot) => void) | undefined;
}

/** Takes trie keys in ascending order and yields the roots above them. */
export interface TrieHasher {
  /**
   * Adds the next key.
   *
   * @throws {TypeError} when the key does not come after the previous one
   */
  add(key: Uint8Array): void;
  /** Closes the stream. The hasher cannot be used afterwards. */
  finish(): TrieRoot;
}

function toNibbles(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2);
  for (let index = 0; index < key.length; index++) {
    const byte = key[index] ?? 0;
    nibbles[index * 2] = byte >> 4;
    nibbles[index * 2 + 1] = byte & 0x0f;
  }
  return nibbles;
}

function commonPrefixLength(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a[index] === b[index]) index++;
  return index;
}

function isAfter(next: Uint8Array, previous: Uint8Array, shared: number): boolean {
  if (shared === previous.length || shared === next.length) return false;
  return (next[shared] ?? 0) > (previous[shared] ?? 0);
}

function fidOfPath(path: Uint8Array): bigint {
  let fid = 0n;
  for (const nibble of path.subarray(VIRTUAL_SHARD_DEPTH, ACCOUNT_DEPTH)) {
    fid = (fid << 4n) | BigInt(nibble);
  }
  return fid;
}

/** Hashes of the children seen so far of the one open node at a depth. */
interface OpenNode {
  readonly hashes: Uint8Array;
  length: number;
}

function appendChild(open: OpenNode[], depth: number, hash: Uint8Array): void {
  let node = open[depth];
  if (node === undefined) {
    node = { hashes: new Uint8Array(16 * HASH_BYTES), length: 0 };
    open[depth] = node;
  }
  node.hashes.set(hash, node.length);
  node.length += hash.length;
}

/** Creates a hasher for one shard or one virtual shard. It holds one open node per depth. */
export function createTrieHasher(options: TrieHasherOptions): TrieHasher {
  const { blake3, scope = "shard", onAccountRoot } = options;
  const rootDepth = scope === "shard" ? 0 : VIRTUAL_SHARD_DEPTH;
  const open: OpenNode[] = [];
  let last: Uint8Array | undefined;
  let sharedWithPrevious = 0;
  let leafCount = 0;
  let accountStart = 0;

  /** Closes every node below `shared` that holds the last key; returns the node at `shared + 1`. */
  function close(path: Uint8Array, shared: number): Uint8Array {
    let hash = blake3.hash20(path);
    const leafDepth = Math.max(LEAF_DEPTH, sharedWithPrevious + 1, shared + 1);
    for (let depth = leafDepth - 1; depth > shared; depth--) {
      appendChild(open, depth, hash);
      const node = open[depth];
      if (node === undefined) continue;
      hash = blake3.hash20(node.hashes.subarray(0, node.length));
      node.length = 0;
      if (depth === ACCOUNT_DEPTH) {
        onAccountRoot?.({ fid: fidOfPath(path), root: hash, leafCount: leafCount - accountStart });
        accountStart = leafCount;
      }
    }
    return hash;
  }

  return {
    add(key) {
      const path = toNibbles(key);
      if (last !== undefined) {
        const shared = commonPrefixLength(last, path);
        if (!isAfter(path, last, shared)) {
          throw new TypeError("Expected trie keys in ascending order, each once");
        }
        if (shared < rootDepth) throw new TypeError("Expected keys of one virtual shard");
        appendChild(open, shared, close(last, shared));
        sharedWithPrevious = shared;
      }
      last = path;
      leafCount++;
    },
    finish() {
      if (last === undefined) return { root: new Uint8Array(), leafCount: 0 };
      return { root: close(last, rootDepth - 1), leafCount };
    },
  };
}

/**
 * The shard root above virtual shard roots (keys 0 to 255; absent or empty roots have no keys).
 *
 * Equals the root of a {@link TrieHasher} that saw all their keys.
 */
export function shardRootOf(roots: ReadonlyMap<number, Uint8Array>, blake3: Blake3): Uint8Array {
  const open: OpenNode[] = [];
  for (let high = 0; high < 16; high++) {
    for (let low = 0; low < 16; low++) {
      const root = roots.get(high * 16 + low);
      if (root !== undefined && root.length > 0) appendChild(open, 1, root);
    }
    const node = open[1];
    if (node === undefined || node.length === 0) continue;
    appendChild(open, 0, blake3.hash20(node.hashes.subarray(0, node.length)));
    node.length = 0;
  }
  const root = open[0];
  return root === undefined
    ? new Uint8Array()
    : blake3.hash20(root.hashes.subarray(0, root.length));
}
