// Values in PostgreSQL's binary formats: elements of arrays and fields of COPY look the same.
import type { ByteOutput } from "./byte-output.ts";
import { createByteOutput, reserve, writtenBytes } from "./byte-output.ts";

/** What can stand in an array. */
export interface ElementType {
  readonly elementOid: number;
  /** Writes the bytes of a value that is not null. */
  readonly write: (output: ByteOutput, value: never) => void;
}

/** Writes a value behind its length, or null. */
export function writeValue(output: ByteOutput, write: ElementType["write"], value: unknown): void {
  reserve(output, 4);
  const start = output.end;
  output.end = start + 4;
  if (value === null) {
    output.view.setInt32(start, -1);
    return;
  }
  // Safety: columns are listed with the type of what rows hold in them.
  write(output, value as never);
  output.view.setInt32(start, output.end - start - 4);
}

const HEADER_BYTES = 20;

/** Writes a one-dimensional array. */
export function writeArray(
  output: ByteOutput,
  { elementOid, write }: ElementType,
  values: readonly unknown[],
): void {
  reserve(output, HEADER_BYTES);
  const { view, end } = output;
  view.setInt32(end, 1);
  view.setInt32(end + 4, values.includes(null) ? 1 : 0);
  view.setInt32(end + 8, elementOid);
  view.setInt32(end + 12, values.length);
  view.setInt32(end + 16, 1);
  output.end = end + HEADER_BYTES;
  for (const value of values) writeValue(output, write, value);
}

/** Most numbers take this much, with their length; what is longer makes the output grow. */
const EXPECTED_ELEMENT_BYTES = 12;

/**
 * One-dimensional array, ready as a parameter of a statement.
 *
 * A thousand rows in one parameter for each column cost the database a third of what a thousand
 * parameter tuples cost (docs/architecture.md 5).
 */
export function encodeArray(type: ElementType, values: readonly unknown[]): Buffer {
  const output = createByteOutput(HEADER_BYTES + values.length * EXPECTED_ELEMENT_BYTES);
  writeArray(output, type, values);
  return writtenBytes(output);
}
