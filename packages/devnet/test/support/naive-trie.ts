import type { Blake3 } from "@snaprag/verify";

/** The trie's hash as docs/protocol.md 3.3 words it: recursive, over nibble paths, all in memory. */
export function naiveNode(paths: readonly Uint8Array[], depth: number, blake3: Blake3): Uint8Array {
  if (paths.length === 0) return new Uint8Array();
  if (paths.length === 1 && depth >= 12) return blake3.hash20(paths[0]!);
  const children: Uint8Array[] = [];
  for (let nibble = 0; nibble < 16; nibble++) {
    const group = paths.filter((path) => path[depth] === nibble);
    if (group.length > 0) children.push(naiveNode(group, depth + 1, blake3));
  }
  return blake3.hash20(Buffer.concat(children));
}
