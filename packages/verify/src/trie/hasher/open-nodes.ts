// The inner nodes on the way to the last leaf: at most one for each depth, each with the hashes of
// the children that it has so far.
import type { Blake3 } from "../../blake3.ts";

/** Bytes of a node's hash. */
export const HASH_BYTES = 20;
/** Children that a node has at most, one for each nibble. */
export const MAX_CHILDREN = 16;

interface OpenNode {
  readonly hashes: Uint8Array;
  length: number;
}

/** Inner nodes that still take children, by depth. Memory grows with the depth only. */
export interface OpenNodes {
  readonly blake3: Blake3;
  readonly nodes: OpenNode[];
}

/** A node that has children, by its depth and their hashes one behind the other. */
export interface ListedNode {
  readonly depth: number;
  readonly hashes: Uint8Array;
}

/** Creates the nodes, all of them empty but those that are listed. */
export function createOpenNodes(blake3: Blake3, listed: readonly ListedNode[] = []): OpenNodes {
  const nodes: OpenNode[] = [];
  for (const { depth, hashes } of listed) {
    const room = new Uint8Array(MAX_CHILDREN * HASH_BYTES);
    room.set(hashes);
    nodes[depth] = { hashes: room, length: hashes.length };
  }
  return { blake3, nodes };
}

/** Adds the next child, the first 20 bytes of `hash`, of the node at a depth. */
export function appendChild({ nodes }: OpenNodes, depth: number, hash: Uint8Array): void {
  let node = nodes[depth];
  if (node === undefined) {
    node = { hashes: new Uint8Array(MAX_CHILDREN * HASH_BYTES), length: 0 };
    nodes[depth] = node;
  }
  const { hashes, length } = node;
  // A loop, because for so few bytes it is faster than `set`.
  for (let index = 0; index < HASH_BYTES; index++) hashes[length + index] = hash[index] ?? 0;
  node.length = length + HASH_BYTES;
}

/** Writes the hash of the node at a depth, which is empty afterwards; false when it has no child. */
export function takeHash({ blake3, nodes }: OpenNodes, depth: number, target: Uint8Array): boolean {
  const node = nodes[depth];
  if (node === undefined || node.length === 0) return false;
  blake3.writeHash20(target, node.hashes, node.length);
  node.length = 0;
  return true;
}

/** Every node that has children, from the top. */
export function listOpenNodes({ nodes }: OpenNodes): ListedNode[] {
  const open: ListedNode[] = [];
  // There are holes at depths that never held a child.
  for (let depth = 0; depth < nodes.length; depth++) {
    const { hashes, length = 0 } = nodes[depth] ?? {};
    if (hashes && length > 0) open.push({ depth, hashes: hashes.slice(0, length) });
  }
  return open;
}
