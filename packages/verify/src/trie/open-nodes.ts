// The inner nodes on the way to the last leaf: at most one for each depth, each with the hashes of
// the children that it has so far.
import type { Blake3 } from "../blake3.ts";

/** Bytes of a node's hash. */
export const HASH_BYTES = 20;
/** Children that a node has at most, one for each nibble. */
export const MAX_CHILDREN = 16;

interface OpenNode {
  readonly hashes: Uint8Array;
  length: number;
}

/** Inner nodes that still take children. Memory grows with the depth only. */
export interface OpenNodes {
  /** Adds the next child, 20 bytes, of the node at a depth. */
  append(depth: number, hash: Uint8Array): void;
  /** The hash of the node at a depth, which is empty afterwards; undefined when it has no child. */
  take(depth: number): Uint8Array | undefined;
  /** Depth and concatenated child hashes of every node that has children, from the top. */
  list(): { readonly depth: number; readonly hashes: Uint8Array }[];
}

/** Creates the nodes, all of them empty. */
export function createOpenNodes(blake3: Blake3): OpenNodes {
  const nodes: OpenNode[] = [];
  return {
    append(depth, hash) {
      let node = nodes[depth];
      if (node === undefined) {
        node = { hashes: new Uint8Array(MAX_CHILDREN * HASH_BYTES), length: 0 };
        nodes[depth] = node;
      }
      node.hashes.set(hash, node.length);
      node.length += HASH_BYTES;
    },
    take(depth) {
      const node = nodes[depth];
      if (node === undefined || node.length === 0) return undefined;
      const hash = blake3.hash20(node.hashes.subarray(0, node.length));
      node.length = 0;
      return hash;
    },
    list() {
      // `nodes` has holes at depths that never held a child, which entries() would show.
      const open: { depth: number; hashes: Uint8Array }[] = [];
      nodes.forEach(({ hashes, length }, depth) => {
        if (length > 0) open.push({ depth, hashes: hashes.slice(0, length) });
      });
      return open;
    },
  };
}
