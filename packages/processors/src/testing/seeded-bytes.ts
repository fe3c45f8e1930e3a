/** Spreads the bits of a 32-bit number; one to one. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

/**
 * Bytes that look arbitrary but follow from the source alone: same source, same bytes.
 *
 * Different sources give different bytes as surely as 64 bits can, which is enough for the hashes
 * and keys of tests and for nothing else.
 */
export function seededBytes(source: string | Uint8Array, length: number): Uint8Array {
  const input = typeof source === "string" ? new TextEncoder().encode(source) : source;
  let first = mix(input.length);
  let second = mix(first);
  for (const byte of input) {
    first = Math.imul(first ^ byte, 0x9e3779b1);
    second = Math.imul(second ^ byte ^ (first >>> 13), 0x85ebca77);
  }
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const word = index >> 2;
    const value = mix(mix(first + word) ^ (second + Math.imul(word, 0x9e3779b1)));
    bytes[index] = value >>> ((index & 3) * 8);
  }
  return bytes;
}
