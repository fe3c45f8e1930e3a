import type { TrieView } from "./create-trie.ts";
import type { WalkPosition } from "./page-token.ts";
import type { TrieLeaf, TrieNode } from "./trie-node.ts";

/** Where to walk, and how far. */
export interface WalkRequest {
  /** 0 to 255. */
  readonly virtualShard: number;
  /** Where an earlier walk stopped; absent to start. */
  readonly from?: WalkPosition | undefined;
  /** Most leaves to return. */
  readonly limit: number;
}

/** Leaves in key order, or the fact that the position names a child that does not exist. */
export type WalkOutcome<Value> =
  | {
      readonly found: true;
      readonly leaves: readonly TrieLeaf<Value>[];
      /** Present when the walk stopped at its limit, even if nothing is left. */
      readonly next?: WalkPosition | undefined;
    }
  | { readonly found: false };

/**
 * Walks the leaves of one virtual shard, depth first, from a position.
 *
 * Each child is looked up by its path from the root, as a node does. So a position taken from
 * another snapshot, or made by hand, works as long as the children it lists exist.
 */
export function walkVirtualShard<Value>(
  view: TrieView<Value>,
  request: WalkRequest,
): WalkOutcome<Value> {
  const prefix = [request.virtualShard >> 4, request.virtualShard & 0x0f];
  const start = request.from ?? { path: [], pending: [childrenOf(view.findNode(prefix))] };
  const path = [...prefix, ...start.path];
  const pending = start.pending.map((level) => [...level]);
  const leaves: TrieLeaf<Value>[] = [];

  while (leaves.length < request.limit) {
    const nibble = pending.at(-1)?.pop();
    if (nibble === undefined) {
      pending.pop();
      if (path.length === prefix.length) return { found: true, leaves };
      path.pop();
      continue;
    }
    path.push(nibble);
    const node = view.findNode(path);
    if (node === undefined) return { found: false };
    if (node.kind === "leaf") {
      leaves.push(node);
      path.pop();
    } else {
      pending.push(childrenOf(node));
    }
  }
  return { found: true, leaves, next: { path: path.slice(prefix.length), pending } };
}

/** The nibbles of a node's children, descending. */
function childrenOf(node: TrieNode<unknown> | undefined): number[] {
  const nibbles: number[] = [];
  if (node?.kind !== "branch") return nibbles;
  for (let nibble = node.children.length - 1; nibble >= 0; nibble--) {
    if (node.children[nibble] !== undefined) nibbles.push(nibble);
  }
  return nibbles;
}
