// Protobuf written by hand, for what no encoder writes.

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A number as a varint, with this many needless continuation bytes. */
function varint(value: number | bigint, paddingBytes = 0): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  for (let padding = 0; padding < paddingBytes; padding++) {
    bytes.push((bytes.pop() ?? 0) | 0x80, 0);
  }
  return bytes;
}

export function varintField(number: number, value: number | bigint, paddingBytes = 0): number[] {
  return [...varint((number << 3) | VARINT), ...varint(value, paddingBytes)];
}

export function bytesField(number: number, value: Iterable<number>): number[] {
  const bytes = [...value];
  return [...varint((number << 3) | LENGTH_DELIMITED), ...varint(bytes.length), ...bytes];
}

export function textField(number: number, text: string): number[] {
  return bytesField(number, new TextEncoder().encode(text));
}
