import { createHash } from "node:crypto";

/** The same for equal answers, and much faster than to compare thousands of messages field by field. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, plain)).digest("hex");
}

/** Decoders made by hand leave out that there were no unknown fields. */
function isNothing(key: string, value: unknown): boolean {
  return key === "_unknownFields" && Object.keys(value ?? {}).length === 0;
}

function plain(key: string, value: unknown): unknown {
  if (isNothing(key, value)) return undefined;
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value instanceof Map ? [...value] : value;
}
