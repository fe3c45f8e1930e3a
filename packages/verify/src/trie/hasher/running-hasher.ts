// What a hasher does with each key that comes.
import { VerifyError } from "../../verify-error.ts";
import {
  ACCOUNT_DEPTH,
  fidOfPath,
  isAfter,
  LEAF_DEPTH,
  sharedLength,
  VIRTUAL_SHARD_DEPTH,
  virtualShardOfPath,
  writeNibbles,
} from "../nibbles.ts";
import type { HasherPosition, LastNode, LeafCounts } from "./hasher-state.ts";
import { createLastNode, MAX_PATH_LENGTH, replaceNode } from "./hasher-state.ts";
import type { OpaqueSubtree } from "./opaque-subtree.ts";
import { toPending } from "./opaque-subtree.ts";
import type { OpenNodes } from "./open-nodes.ts";
import { appendChild, createOpenNodes, listOpenNodes, takeHash } from "./open-nodes.ts";
import type { TrieObserver, TrieRoot } from "./trie-observer.ts";

function since(before: LeafCounts, now: LeafCounts): Omit<TrieRoot, "root"> {
  return { leafCount: now.all - before.all, opaqueLeafCount: now.opaque - before.opaque };
}

/**
 * A hasher at work.
 *
 * Its functions are made once, not with it: a hasher lives for a page, and what the engine compiles
 * for a function goes when the last one that was made of it goes, to be compiled again.
 */
export interface RunningHasher {
  readonly observer: TrieObserver;
  readonly rootDepth: number;
  readonly counts: LeafCounts;
  readonly beforeAccount: LeafCounts;
  readonly beforeVirtualShard: LeafCounts;
  readonly open: OpenNodes;
  sharedWithPrevious: number;
  hasLast: boolean;
  /** The node that came last, if one did. */
  last: LastNode;
  /** What the next one is written to. */
  next: LastNode;
}

/** Tells of the node at a depth above the last one, which holds its hash. */
function tell(hasher: RunningHasher, depth: number): void {
  const { observer, counts, beforeAccount, beforeVirtualShard } = hasher;
  const { path, hash } = hasher.last;
  if (depth === ACCOUNT_DEPTH && observer.onAccountRoot !== undefined) {
    const root = hash.slice();
    observer.onAccountRoot({ fid: fidOfPath(path), root, ...since(beforeAccount, counts) });
  } else if (depth === VIRTUAL_SHARD_DEPTH && observer.onVirtualShardRoot !== undefined) {
    const [virtualShard, root] = [virtualShardOfPath(path), hash.slice()];
    observer.onVirtualShardRoot({ virtualShard, root, ...since(beforeVirtualShard, counts) });
  }
}

/** Closes every node below `shared` that holds the last one, whose hash becomes theirs. */
function close(hasher: RunningHasher, shared: number): Uint8Array {
  const { open, last, sharedWithPrevious, counts } = hasher;
  const { hash } = last;
  let depth = last.depth ?? Math.max(LEAF_DEPTH, sharedWithPrevious + 1, shared + 1);
  tell(hasher, depth);
  while (depth > shared + 1) {
    depth--;
    appendChild(open, depth, hash);
    takeHash(open, depth, hash);
    tell(hasher, depth);
  }
  if (shared < ACCOUNT_DEPTH) Object.assign(hasher.beforeAccount, counts);
  if (shared < VIRTUAL_SHARD_DEPTH) Object.assign(hasher.beforeVirtualShard, counts);
  return hash;
}

/** Makes the last node of what was written to the next one. */
function push(hasher: RunningHasher): void {
  const { last, next } = hasher;
  if (hasher.hasLast) {
    const shared = sharedLength(last, next);
    if (!isAfter(next, last, shared)) {
      throw new VerifyError("keys_out_of_order", "Trie keys must ascend, each once.");
    }
    if (shared < hasher.rootDepth) {
      throw new VerifyError("wrong_virtual_shard", "Trie keys must be of one virtual shard.");
    }
    appendChild(hasher.open, shared, close(hasher, shared));
    hasher.sharedWithPrevious = shared;
  }
  hasher.hasLast = true;
  hasher.last = next;
  hasher.next = last;
}

/** Adds a key, see `TrieHasher.add`. */
export function addKey(hasher: RunningHasher, key: Uint8Array): void {
  if (key.length * 2 < LEAF_DEPTH || key.length * 2 > MAX_PATH_LENGTH) {
    throw new VerifyError("malformed_key", `No trie key has ${key.length} bytes.`);
  }
  const { next } = hasher;
  writeNibbles(next.path, key);
  next.length = key.length * 2;
  hasher.observer.blake3.writeHash20(next.hash, next.path, next.length);
  next.depth = undefined;
  push(hasher);
  hasher.counts.all++;
}

/** Adds a part that is known by hash, see `TrieHasher.addSubtree`. */
export function addOpaque(hasher: RunningHasher, subtree: OpaqueSubtree): void {
  replaceNode(hasher.next, toPending(subtree, hasher.rootDepth));
  push(hasher);
  hasher.counts.all += subtree.leafCount;
  hasher.counts.opaque += subtree.leafCount;
}

/** Where a hasher is in its stream. */
export function positionOf(hasher: RunningHasher): HasherPosition {
  const { path, length, hash, depth } = hasher.last;
  const last = hasher.hasLast ? { path: path.slice(0, length), hash, depth } : undefined;
  const { rootDepth, sharedWithPrevious, counts, beforeAccount, beforeVirtualShard } = hasher;
  const openNodes = listOpenNodes(hasher.open);
  return {
    rootDepth,
    last,
    sharedWithPrevious,
    counts,
    beforeAccount,
    beforeVirtualShard,
    openNodes,
  };
}

/** Starts a hasher where another one was. */
export function runHasher(observer: TrieObserver, position: HasherPosition): RunningHasher {
  const { rootDepth, counts, beforeAccount, beforeVirtualShard, sharedWithPrevious } = position;
  const hasher: RunningHasher = {
    observer,
    rootDepth,
    counts,
    beforeAccount,
    beforeVirtualShard,
    open: createOpenNodes(observer.blake3, position.openNodes),
    sharedWithPrevious,
    hasLast: position.last !== undefined,
    last: createLastNode(),
    next: createLastNode(),
  };
  if (position.last !== undefined) replaceNode(hasher.last, position.last);
  return hasher;
}

/** Closes the nodes that are open, up to the one that the hasher finishes with. */
export function finishHasher(hasher: RunningHasher): TrieRoot {
  const { hasLast, rootDepth, counts } = hasher;
  const root = hasLast ? close(hasher, rootDepth - 1).slice() : new Uint8Array();
  return { root, leafCount: counts.all, opaqueLeafCount: counts.opaque };
}
