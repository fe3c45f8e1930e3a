import { createHash } from "node:crypto";

/** The same for equal answers, and much faster than to compare thousands of messages field by field. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, plain)).digest("hex");
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value instanceof Map ? [...value] : value;
}
