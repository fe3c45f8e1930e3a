// Merkle roots of a stream of trie keys in order, with memory proportional to the trie's depth
// (docs/protocol.md 3.3). Works on nibbles: a 26-byte key is a path of 52.
import type { Blake3 } from "../blake3.ts";
import { VerifyError } from "../verify-error.ts";
import type { HasherPosition, LastNode, PendingNode } from "./hasher-state.ts";
import {
  createLastNode,
  MAX_PATH_LENGTH,
  readHasherState,
  replaceNode,
  writeHasherState,
} from "./hasher-state.ts";
import {
  ACCOUNT_DEPTH,
  fidOfPath,
  isAfter,
  LEAF_DEPTH,
  sharedLength,
  VIRTUAL_SHARD_DEPTH,
  virtualShardOfPath,
  writeNibbles,
} from "./nibbles.ts";
import { createOpenNodes, HASH_BYTES } from "./open-nodes.ts";

/** What a node of the trie and everything below it adds up to. */
export interface TrieRoot {
  /** 20 bytes, or empty when there was no key. */
  readonly root: Uint8Array;
  /** Messages, on-chain events and usernames below it. */
  readonly leafCount: number;
  /** How many of them came as the hash of a subtree, so that their keys are taken on trust. */
  readonly opaqueLeafCount: number;
}

/** The root of one fid's account within a shard. */
export interface AccountRoot extends TrieRoot {
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
}

/** The root of one virtual shard within a shard. */
export interface VirtualShardRoot extends TrieRoot {
  /** 0 to 255. */
  readonly virtualShard: number;
}

/** A part of the trie that is known by its hash alone. */
export interface OpaqueSubtree {
  /**
   * The nibbles, 0 to 15 each, that all its keys begin with, as `GetTrieMetadataByPrefix` names
   * the children of a node (docs/protocol.md 3.4).
   */
  readonly path: Uint8Array;
  /** 20 bytes, as the node tells it. */
  readonly hash: Uint8Array;
  /** How many leaves are in it, at least one, as the node tells it. */
  readonly leafCount: number;
}

/** What {@link createTrieHasher} and {@link resumeTrieHasher} tell as the stream goes by. */
export interface TrieObserver {
  readonly blake3: Blake3;
  /** Called for each account as soon as the stream has moved past it. */
  readonly onAccountRoot?: ((account: AccountRoot) => void) | undefined;
  /** Called for each virtual shard as soon as the stream has moved past it. */
  readonly onVirtualShardRoot?: ((virtualShard: VirtualShardRoot) => void) | undefined;
}

/** Options of {@link createTrieHasher}. */
export interface TrieHasherOptions extends TrieObserver {
  /**
   * Which node {@link TrieHasher.finish} returns: the shard's root, or the node of the one virtual
   * shard that all keys belong to.
   *
   * @default "shard"
   */
  readonly scope?: "shard" | "virtualShard" | undefined;
}

/** Takes trie keys in ascending order and yields the roots above them. */
export interface TrieHasher {
  /**
   * Adds the next key.
   *
   * @throws {VerifyError} when the key is malformed, of another virtual shard, or does not come
   * after what was added before
   */
  add(key: Uint8Array): void;
  /**
   * Adds a part of the trie whose leaves cannot be had, such as gasless keys that replication
   * refuses to serve (docs/protocol.md 2.5). The roots above prove everything but its keys.
   *
   * @throws {VerifyError} as {@link TrieHasher.add}
   */
  addSubtree(subtree: OpaqueSubtree): void;
  /**
   * Everything that {@link resumeTrieHasher} needs to go on from here, about 1 kB, however many
   * keys there were. The hasher stays usable.
   */
  exportState(): Uint8Array;
  /** Closes the stream. The hasher cannot be used afterwards. */
  finish(): TrieRoot;
}

/** Creates a hasher for one shard or one virtual shard. It holds one open node per depth. */
export function createTrieHasher(options: TrieHasherOptions): TrieHasher {
  const rootDepth = options.scope === "virtualShard" ? VIRTUAL_SHARD_DEPTH : 0;
  return startHasher(options, {
    rootDepth,
    last: undefined,
    sharedWithPrevious: 0,
    counts: { all: 0, opaque: 0 },
    beforeAccount: { all: 0, opaque: 0 },
    beforeVirtualShard: { all: 0, opaque: 0 },
    openNodes: [],
  });
}

/**
 * Creates a hasher that goes on where another one's state was exported.
 *
 * It yields what that hasher would have: roots that it has told already do not come again.
 *
 * @throws {VerifyError} `malformed_state` when the bytes are of another version or no state at all
 */
export function resumeTrieHasher(state: Uint8Array, observer: TrieObserver): TrieHasher {
  return startHasher(observer, readHasherState(state));
}

function startHasher(observer: TrieObserver, position: HasherPosition): TrieHasher {
  const { blake3, onAccountRoot, onVirtualShardRoot } = observer;
  const { rootDepth, counts, beforeAccount, beforeVirtualShard } = position;
  const open = createOpenNodes(blake3, position.openNodes);
  let { sharedWithPrevious } = position;
  let hasLast = position.last !== undefined;
  let [last, next] = [createLastNode(), createLastNode()];
  if (position.last !== undefined) replaceNode(last, position.last);

  function tell(path: Uint8Array, depth: number, hash: Uint8Array): void {
    if (depth === ACCOUNT_DEPTH && onAccountRoot !== undefined) {
      const root = hash.slice();
      onAccountRoot({ fid: fidOfPath(path), root, ...since(beforeAccount, counts) });
    } else if (depth === VIRTUAL_SHARD_DEPTH && onVirtualShardRoot !== undefined) {
      const [virtualShard, root] = [virtualShardOfPath(path), hash.slice()];
      onVirtualShardRoot({ virtualShard, root, ...since(beforeVirtualShard, counts) });
    }
  }

  /** Closes every node below `shared` that holds the last one, whose hash becomes theirs. */
  function close({ path, hash, depth: ownDepth }: LastNode, shared: number): Uint8Array {
    let depth = ownDepth ?? Math.max(LEAF_DEPTH, sharedWithPrevious + 1, shared + 1);
    tell(path, depth, hash);
    while (depth > shared + 1) {
      depth--;
      open.append(depth, hash);
      open.take(depth, hash);
      tell(path, depth, hash);
    }
    if (shared < ACCOUNT_DEPTH) Object.assign(beforeAccount, counts);
    if (shared < VIRTUAL_SHARD_DEPTH) Object.assign(beforeVirtualShard, counts);
    return hash;
  }

  /** Makes the last node of what was written to the next one. */
  function push(): void {
    if (hasLast) {
      const shared = sharedLength(last, next);
      if (!isAfter(next, last, shared)) {
        throw new VerifyError("keys_out_of_order", "Trie keys must ascend, each once.");
      }
      if (shared < rootDepth) {
        throw new VerifyError("wrong_virtual_shard", "Trie keys must be of one virtual shard.");
      }
      open.append(shared, close(last, shared));
      sharedWithPrevious = shared;
    }
    hasLast = true;
    [last, next] = [next, last];
  }

  return {
    add(key) {
      if (key.length * 2 < LEAF_DEPTH || key.length * 2 > MAX_PATH_LENGTH) {
        throw new VerifyError("malformed_key", `No trie key has ${key.length} bytes.`);
      }
      writeNibbles(next.path, key);
      next.length = key.length * 2;
      blake3.writeHash20(next.hash, next.path, next.length);
      next.depth = undefined;
      push();
      counts.all++;
    },
    addSubtree(subtree) {
      replaceNode(next, toPending(subtree, rootDepth));
      push();
      counts.all += subtree.leafCount;
      counts.opaque += subtree.leafCount;
    },
    exportState() {
      const { path, length, hash, depth } = last;
      const pending = hasLast ? { path: path.slice(0, length), hash, depth } : undefined;
      const openNodes = open.list();
      return writeHasherState({ ...position, last: pending, sharedWithPrevious, openNodes });
    },
    finish() {
      const root = hasLast ? close(last, rootDepth - 1).slice() : new Uint8Array();
      return { root, leafCount: counts.all, opaqueLeafCount: counts.opaque };
    },
  };
}

function since(
  before: HasherPosition["counts"],
  now: HasherPosition["counts"],
): Omit<TrieRoot, "root"> {
  return { leafCount: now.all - before.all, opaqueLeafCount: now.opaque - before.opaque };
}

function toPending({ path, hash, leafCount }: OpaqueSubtree, rootDepth: number): PendingNode {
  const isPath = path.length >= rootDepth && path.length <= MAX_PATH_LENGTH;
  if (!isPath || path.some((nibble) => nibble > 0x0f)) {
    throw new VerifyError("malformed_key", "A subtree has a path of nibbles below the root.");
  }
  if (hash.length !== HASH_BYTES || !Number.isSafeInteger(leafCount) || leafCount < 1) {
    throw new VerifyError("malformed_key", "A subtree has a hash of 20 bytes and at least a leaf.");
  }
  // Below the types a single leaf is not at its prefix but as high as its neighbours let it rise.
  const isLeaf = leafCount === 1 && path.length > LEAF_DEPTH;
  return { path, hash, depth: isLeaf ? undefined : path.length };
}
