// What replication refuses to serve and is proved by its hash.
import { VerifyError } from "../../verify-error.ts";
import { LEAF_DEPTH } from "../nibbles.ts";
import type { PendingNode } from "./hasher-state.ts";
import { MAX_PATH_LENGTH } from "./hasher-state.ts";
import { HASH_BYTES } from "./open-nodes.ts";

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

/**
 * A subtree as the node that came last.
 *
 * @throws {VerifyError} `malformed_key`
 */
export function toPending(
  { path, hash, leafCount }: OpaqueSubtree,
  rootDepth: number,
): PendingNode {
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
