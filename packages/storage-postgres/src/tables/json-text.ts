function toMember([key, member]: [string, unknown]): string {
  return `${JSON.stringify(key)}:${toJsonText(member)}`;
}

/**
 * Writes a value as JSON text: byte strings as `"0x..."`, bigints as numbers, or as strings when
 * they are beyond what every JSON reader holds exactly (2^53 - 1).
 */
export function toJsonText(value: unknown): string {
  if (typeof value === "bigint") {
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? value.toString() : `"${value}"`;
  }
  if (value instanceof Uint8Array) return `"0x${Buffer.from(value).toString("hex")}"`;
  if (Array.isArray(value)) return `[${value.map(toJsonText).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(toMember).join()}}`;
}

/** Reads a byte string as {@link toJsonText} writes it. */
export function fromJsonBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.slice(2), "hex"));
}
