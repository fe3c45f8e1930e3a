// Reads wire values, as long as they are written the one way that this package writes them.

/** A place in encoded bytes, and whether everything before it was as this package writes it. */
export interface CanonicalCursor {
  readonly bytes: Uint8Array;
  at: number;
  /** Once false, whatever else is read has no meaning. */
  isCanonical: boolean;
}

/** Seven bytes of seven bits: what a double holds exactly, and more than any fid there is. */
const LARGEST_SCALE = 2 ** 42;
const LARGEST_INT32 = 0x7fffffff;
const LARGEST_UINT32 = 0xffffffff;
/** Up to here, making a string of the codes costs less than asking a decoder. */
const SHORT_TEXT_BYTES = 16;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Starts at the first byte. */
export function createCanonicalCursor(bytes: Uint8Array): CanonicalCursor {
  return { bytes, at: 0, isCanonical: true };
}

/** An integer of at most 49 bits, in as few bytes as it takes. */
export function readInteger(cursor: CanonicalCursor): number {
  const { bytes } = cursor;
  let byte = bytes[cursor.at++] ?? -1;
  if (byte >= 0 && byte < 0x80) return byte;
  let value = byte & 0x7f;
  let scale = 0x80;
  do {
    byte = bytes[cursor.at++] ?? -1;
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
  } while (byte >= 0x80 && scale <= LARGEST_SCALE);
  // Cut short, too large, or with more bytes than it takes.
  if (byte <= 0 || byte >= 0x80) cursor.isCanonical = false;
  return value;
}

/** A uint32. */
export function readUint32(cursor: CanonicalCursor): number {
  const value = readInteger(cursor);
  if (value > LARGEST_UINT32) cursor.isCanonical = false;
  return value;
}

/** An enum's number, unless it is negative. */
export function readEnum(cursor: CanonicalCursor): number {
  const value = readInteger(cursor);
  if (value > LARGEST_INT32) cursor.isCanonical = false;
  return value;
}

/** Whether the next field is of this tag, which is taken then. */
export function takeTag(cursor: CanonicalCursor, tag: number): boolean {
  // Every tag there is up to field 15 has one byte.
  if (cursor.bytes[cursor.at] !== tag) return false;
  cursor.at += 1;
  return true;
}

/** The end of a value that begins with its length. */
export function readEnd(cursor: CanonicalCursor): number {
  const length = readInteger(cursor);
  const end = cursor.at + length;
  if (end > cursor.bytes.length) cursor.isCanonical = false;
  return end;
}

/** A byte string: a view of the bytes that are read. */
export function readBytes(cursor: CanonicalCursor): Uint8Array {
  const end = readEnd(cursor);
  const value = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return value;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if ((bytes[index] ?? 0) >= 0x80) return false;
  return true;
}

/** A text in well-formed UTF-8. */
export function readText(cursor: CanonicalCursor): string {
  const bytes = readBytes(cursor);
  if (bytes.length <= SHORT_TEXT_BYTES && isAscii(bytes)) return String.fromCharCode(...bytes);
  // Decoders differ in whether it is part of the text.
  if (BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte)) cursor.isCanonical = false;
  try {
    return UTF8.decode(bytes);
  } catch {
    cursor.isCanonical = false;
    return "";
  }
}
