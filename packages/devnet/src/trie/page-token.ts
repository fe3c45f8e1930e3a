// The node's page token: base64 of a list of byte strings (docs/protocol.md 2.3).

/** Where a walk of a virtual shard stands. */
export interface WalkPosition {
  /** Nibbles below the virtual shard that lead to the current node. */
  readonly path: readonly number[];
  /**
   * For each level from the virtual shard down to the current node, the children still to visit,
   * descending: the last one comes next. One list more than `path` has nibbles.
   */
  readonly pending: readonly (readonly number[])[];
}

/** Writes a position as the token that {@link decodePageToken} reads. */
export function encodePageToken({ path, pending }: WalkPosition): string {
  const parts: Uint8Array[] = [uint32(pending.length + 1)];
  for (const list of [path, ...pending]) parts.push(uint32(list.length), Uint8Array.from(list));
  return Buffer.concat(parts).toString("base64");
}

/** Reads a token; undefined when it is not one. Whether its children exist is not checked. */
export function decodePageToken(token: string): WalkPosition | undefined {
  const lists = decodeLists(Buffer.from(token, "base64"));
  if (lists === undefined) return undefined;
  const [path, ...pending] = lists;
  if (path === undefined || pending.length !== path.length + 1) return undefined;
  return { path, pending };
}

function decodeLists(bytes: Buffer): number[][] | undefined {
  if (bytes.length < 4) return undefined;
  const count = bytes.readUInt32BE(0);
  const lists: number[][] = [];
  let offset = 4;
  while (lists.length < count) {
    if (offset + 4 > bytes.length) return undefined;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return undefined;
    lists.push([...bytes.subarray(offset + 4, end)]);
    offset = end;
  }
  return offset === bytes.length ? lists : undefined;
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
