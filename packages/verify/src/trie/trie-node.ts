import type { Blake3 } from "../blake3.ts";
import { LEAF_DEPTH, nibbleAt, toNibbles } from "./nibbles.ts";

/** Keys that all lead through one node: those from `start` up to `end`. */
interface KeyRange {
  readonly keys: readonly Uint8Array[];
  readonly start: number;
  readonly end: number;
}

/**
 * The hash of the node at a depth, in nibbles, above keys that all lead through it: 20 bytes, empty
 * without keys (docs/protocol.md 3.3). Keys ascend, each once.
 *
 * The definition word by word, for keys in memory; for streams there is `createTrieHasher`.
 */
export function trieNodeHash(
  keys: readonly Uint8Array[],
  depth: number,
  blake3: Blake3,
): Uint8Array {
  return hashRange({ keys, start: 0, end: keys.length }, depth, blake3);
}

function hashRange({ keys, start, end }: KeyRange, depth: number, blake3: Blake3): Uint8Array {
  const first = keys[start];
  if (first === undefined || start === end) return new Uint8Array();
  if (end - start === 1 && depth >= LEAF_DEPTH) return blake3.hash20(toNibbles(first));
  const children: Uint8Array[] = [];
  for (let from = start; from < end; ) {
    const nibble = nibbleAt(keys[from], depth);
    let to = from + 1;
    while (to < end && nibbleAt(keys[to], depth) === nibble) to++;
    children.push(hashRange({ keys, start: from, end: to }, depth + 1, blake3));
    from = to;
  }
  const hashes = new Uint8Array(children.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const child of children) {
    hashes.set(child, offset);
    offset += child.length;
  }
  return blake3.hash20(hashes);
}
