/** Bytes as hex, and without the generated decoder's marks that no field was unknown. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => !(name === "_unknownFields" && Object.keys(field).length === 0))
      .map(([name, field]) => [name, plain(field)]),
  );
}
