// Merkle roots of a stream of trie keys in order, with memory proportional to the trie's depth
// (docs/protocol.md 3.3). Works on nibbles: a 26-byte key is a path of 52.
import { VIRTUAL_SHARD_DEPTH } from "../nibbles.ts";
import type { HasherPosition } from "./hasher-state.ts";
import { readHasherState, writeHasherState } from "./hasher-state.ts";
import type { OpaqueSubtree } from "./opaque-subtree.ts";
import { addKey, addOpaque, finishHasher, positionOf, runHasher } from "./running-hasher.ts";
import type { TrieObserver, TrieRoot } from "./trie-observer.ts";

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
  const hasher = runHasher(observer, position);
  return {
    add: (key) => addKey(hasher, key),
    addSubtree: (subtree) => addOpaque(hasher, subtree),
    exportState: () => writeHasherState(positionOf(hasher)),
    finish: () => finishHasher(hasher),
  };
}
