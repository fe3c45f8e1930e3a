import type { Blake3 } from "../../src/index.ts";

/** The trie's hash as docs/protocol.md 3.3 words it: recursive, whole set in memory. */
export function naiveNode(keys: readonly Uint8Array[], depth: number, blake3: Blake3): Uint8Array {
  if (keys.length === 0) return new Uint8Array();
  if (keys.length === 1 && depth >= 12) return blake3.hash20(keys[0]!);
  const children: Uint8Array[] = [];
  for (let nibble = 0; nibble < 16; nibble++) {
    const group = keys.filter((key) => key[depth] === nibble);
    if (group.length > 0) children.push(naiveNode(group, depth + 1, blake3));
  }
  return blake3.hash20(Buffer.concat(children));
}

export function nibblesOf(key: Uint8Array): Uint8Array {
  return Uint8Array.from([...key].flatMap((byte) => [byte >> 4, byte & 15]));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
