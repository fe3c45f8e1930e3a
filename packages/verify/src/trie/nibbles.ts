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
  writeNibbles(nibbles, key);
  return nibbles;
}

/** A nibble of the path of a key; undefined behind its end. */
export function nibbleAt(key: Uint8Array | undefined, depth: number): number | undefined {
  const byte = key?.[depth >> 1];
  if (byte === undefined) return undefined;
  return depth % 2 === 0 ? byte >> 4 : byte & 0x0f;
}

/** Writes the path of a key to the start of a buffer that has room for it. */
export function writeNibbles(target: Uint8Array, key: Uint8Array): void {
  for (let index = 0; index < key.length; index++) {
    const byte = key[index] ?? 0;
    target[index * 2] = byte >> 4;
    target[index * 2 + 1] = byte & 0x0f;
  }
}

/** The first `length` nibbles of a buffer. */
export interface Path {
  readonly path: Uint8Array;
  readonly length: number;
}

/** How many nibbles two paths begin with alike. */
export function sharedLength(a: Path, b: Path): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a.path[index] === b.path[index]) index++;
  return index;
}

/** Whether a path comes after another and is not below it, given how many nibbles they share. */
export function isAfter(next: Path, previous: Path, shared: number): boolean {
  if (shared === previous.length || shared === next.length) return false;
  return (next.path[shared] ?? 0) > (previous.path[shared] ?? 0);
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
