// Paths in the trie: two values of 0 to 15 for each byte of a key, the high one first
// (docs/protocol.md 3.3).

/** Nibbles of the virtual shard. Its node is at this depth. */
export const VIRTUAL_SHARD_DEPTH = 2;
/** Nibbles of the virtual shard and the fid. The root of an account is at this depth. */
export const ACCOUNT_DEPTH = 10;
/** Nibbles of virtual shard, fid and type: from here on a node with a single key is a leaf. */
export const LEAF_DEPTH = 12;

/** The path of a key. */
export function toNibbles(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2);
  for (let index = 0; index < key.length; index++) {
    const byte = key[index] ?? 0;
    nibbles[index * 2] = byte >> 4;
    nibbles[index * 2 + 1] = byte & 0x0f;
  }
  return nibbles;
}

/** How many nibbles two paths begin with alike. */
export function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a[index] === b[index]) index++;
  return index;
}

/** Whether a path comes after another and is not below it, given how many nibbles they share. */
export function isAfter(next: Uint8Array, previous: Uint8Array, shared: number): boolean {
  if (shared === previous.length || shared === next.length) return false;
  return (next[shared] ?? 0) > (previous[shared] ?? 0);
}

/** The low 32 bits of the fid of a path of at least ten nibbles. */
export function fidOfPath(path: Uint8Array): bigint {
  let fid = 0;
  for (let depth = VIRTUAL_SHARD_DEPTH; depth < ACCOUNT_DEPTH; depth++) {
    fid = fid * 16 + (path[depth] ?? 0);
  }
  return BigInt(fid);
}

/** The virtual shard of a path of at least two nibbles. */
export function virtualShardOfPath(path: Uint8Array): number {
  return (path[0] ?? 0) * 16 + (path[1] ?? 0);
}
