export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function nibblesOf(key: Uint8Array): Uint8Array {
  return Uint8Array.from([...key].flatMap((byte) => [byte >> 4, byte & 15]));
}
