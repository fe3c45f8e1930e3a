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

/** Writes whole lines to two streams, without what a terminal would obey. */
export function createOutput(stdout: Writable, stderr: Writable): Output {
  return {
    line: (text) => void stdout.write(`${withoutControls(text)}\n`),
    errorLine: (text) => void stderr.write(`${withoutControls(text)}\n`),
  };
}

/**
 * The same text with a space for every control character but the end of a line: what others have
 * written, such as a cast, could move a terminal's cursor or set its title.
 */
export function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, " ");
}

/** A text of others on one line, so that no part of it can pass for a line of this program. */
export function onOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** Bytes as hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/**
 * JSON on one line, a bigint as a string of digits: as a number it would lose precision. Every control
 * character is escaped, also those that JSON would let stand.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(withoutBigints(value)).replace(/\p{Cc}/gu, escapeControl);
}

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
