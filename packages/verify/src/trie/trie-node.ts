import type { Blake3 } from "../blake3.ts";
import { LEAF_DEPTH, toNibbles } from "./nibbles.ts";

/**
 * The hash of the node at a depth, in nibbles, above keys that all lead through it: 20 bytes, empty
 * without keys (docs/protocol.md 3.3). Keys ascend, each once.
 *
 * The definition word by word, for a few keys in memory; for streams there is `createTrieHasher`.
 */
export function trieNodeHash(
  keys: readonly Uint8Array[],
  depth: number,
  blake3: Blake3,
): Uint8Array {
  return hashPaths(keys.map(toNibbles), depth, blake3);
}

function hashPaths(paths: readonly Uint8Array[], depth: number, blake3: Blake3): Uint8Array {
  const [first] = paths;
  if (first === undefined) return new Uint8Array();
  if (paths.length === 1 && depth >= LEAF_DEPTH) return blake3.hash20(first);
  const children: Uint8Array[] = [];
  for (let start = 0; start < paths.length; ) {
    const nibble = paths[start]?.[depth];
    const end = paths.findIndex((path, index) => index > start && path[depth] !== nibble);
    const stop = end === -1 ? paths.length : end;
    children.push(hashPaths(paths.slice(start, stop), depth + 1, blake3));
    start = stop;
  }
  const hashes = new Uint8Array(children.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const child of children) {
    hashes.set(child, offset);
    offset += child.length;
  }
  return blake3.hash20(hashes);
}
