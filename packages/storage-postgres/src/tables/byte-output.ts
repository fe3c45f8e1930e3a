// Bytes as they are written one behind the other, in network order.

/** Bytes so far, and room for more. Whoever writes reserves first, and moves the end. */
export interface ByteOutput {
  /** Holds what is written up to {@link end}; replaced when it grows. */
  bytes: Buffer;
  /** The same memory as {@link bytes}. */
  view: DataView;
  /** Offset behind the last byte that is written. */
  end: number;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Creates an output that grows when it has to hold more bytes than are expected. */
export function createByteOutput(expectedBytes: number): ByteOutput {
  const bytes = Buffer.allocUnsafe(expectedBytes);
  return { bytes, view: viewOf(bytes), end: 0 };
}

function grow(output: ByteOutput, length: number): void {
  const { bytes, end } = output;
  const grown = Buffer.allocUnsafe(Math.max(2 * bytes.length, end + length));
  bytes.copy(grown, 0, 0, end);
  output.bytes = grown;
  output.view = viewOf(grown);
}

/** Makes room for some bytes behind the end. */
export function reserve(output: ByteOutput, length: number): void {
  if (output.end + length > output.bytes.length) grow(output, length);
}

/** What is written, without a copy: the output is not to be written to any more. */
export function writtenBytes({ bytes, end }: ByteOutput): Buffer {
  return bytes.subarray(0, end);
}
