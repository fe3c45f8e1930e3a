/** Keys of what a node or the store lists, in the same order. */
export function trieKeysOf(leaves: readonly { readonly trieKey: Uint8Array }[]): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (const { trieKey } of leaves) keys.push(trieKey);
  return keys;
}
