import type { Writable } from "node:stream";

/** Where a command writes; `process.stdout` is one. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal, in characters. */
  readonly columns?: number | undefined;
}

/** What the program writes with. Everything ends up here, so that nothing prints a bigint wrongly. */
export interface Output {
  /** Writes a line to stdout. */
  line(text: string): void;
  /** Writes a line to stderr. */
  errorLine(text: string): void;
}

/** Writes whole lines to two streams. */
export function createOutput(stdout: Writable, stderr: Writable): Output {
  return {
    line: (text) => void stdout.write(`${text}\n`),
    errorLine: (text) => void stderr.write(`${text}\n`),
  };
}

/** Bytes as hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** JSON on one line, a bigint as a string of digits: as a number it would lose precision. */
export function toJson(value: unknown): string {
  return JSON.stringify(withoutBigints(value));
}

/** The same value with every bigint in objects and arrays as a string. Other objects stay whole. */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(withoutBigints);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutBigints(member)]),
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}
