// The position of a trie hasher as bytes: what makes the proof of a partition survive the process.
//
//   version u8 | root depth u8 | shared with previous u8 | six counts f64
//   last node: path length u8 (255 = none), path, depth u8 (255 = floats), hash
//   open nodes: count u8, then for each: depth u8, children u8, hashes
import { VerifyError } from "../../verify-error.ts";
import type { Path } from "../nibbles.ts";
import type { ListedNode } from "./open-nodes.ts";
import { HASH_BYTES, MAX_CHILDREN } from "./open-nodes.ts";

/** Any change of the layout or of what it means takes the next number. */
const VERSION = 1;
/** Of 127 bytes, far above the 42 of the longest key; with more, a length would not fit its byte. */
export const MAX_PATH_LENGTH = 254;
const NONE = 255;
const FLOATING = 255;
const FIXED_BYTES = 3 + 6 * 8;

/** The last node that came, whose parents are not known before the next one comes. */
export interface PendingNode {
  /** Nibbles. */
  readonly path: Uint8Array;
  /** 20 bytes. */
  readonly hash: Uint8Array;
  /** Undefined for a leaf, which is as high as its neighbours let it be. */
  readonly depth: number | undefined;
}

/** The last node that came, in buffers that are used again for the one after the next. */
export interface LastNode extends Path {
  readonly hash: Uint8Array;
  length: number;
  depth: PendingNode["depth"];
}

/** Creates buffers for one node. */
export function createLastNode(): LastNode {
  const path = new Uint8Array(MAX_PATH_LENGTH);
  return { path, length: 0, hash: new Uint8Array(HASH_BYTES), depth: undefined };
}

/** Puts another node in the place of the one that is there. */
export function replaceNode(node: LastNode, { path, hash, depth }: PendingNode): void {
  node.path.set(path);
  node.length = path.length;
  node.hash.set(hash);
  node.depth = depth;
}

/** Leaves so far. */
export interface LeafCounts {
  all: number;
  opaque: number;
}

/** Where a hasher is in its stream. */
export interface HasherPosition {
  /** Depth of the node that the hasher finishes with. */
  readonly rootDepth: number;
  readonly last: PendingNode | undefined;
  readonly sharedWithPrevious: number;
  readonly counts: LeafCounts;
  readonly beforeAccount: LeafCounts;
  readonly beforeVirtualShard: LeafCounts;
  readonly openNodes: readonly ListedNode[];
}

/** Writes a position as bytes. */
export function writeHasherState(position: HasherPosition): Uint8Array {
  const { last, openNodes } = position;
  const lastBytes = last === undefined ? 1 : 2 + last.path.length + HASH_BYTES;
  const openBytes = openNodes.reduce((sum, { hashes }) => sum + 2 + hashes.length, 1);
  const bytes = new Uint8Array(FIXED_BYTES + lastBytes + openBytes);
  const view = new DataView(bytes.buffer);
  bytes.set([VERSION, position.rootDepth, position.sharedWithPrevious]);
  listCounts(position).forEach((count, index) => {
    view.setFloat64(3 + index * 8, count);
  });
  let end = FIXED_BYTES;
  const put = (...parts: (number | Uint8Array)[]) => {
    for (const part of parts) {
      bytes.set(typeof part === "number" ? [part] : part, end);
      end += typeof part === "number" ? 1 : part.length;
    }
  };
  if (last === undefined) put(NONE);
  else put(last.path.length, last.path, last.depth ?? FLOATING, last.hash);
  put(openNodes.length);
  for (const { depth, hashes } of openNodes) put(depth, hashes.length / HASH_BYTES, hashes);
  return bytes;
}

/** Bytes of a state, and how many of them were read. */
interface StateReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  end: number;
}

function take(reader: StateReader, length: number): number {
  const start = reader.end;
  reader.end += length;
  if (reader.end > reader.bytes.length) throw malformed("it ends too early");
  return start;
}

function readByte(reader: StateReader): number {
  return reader.view.getUint8(take(reader, 1));
}

function readBytes(reader: StateReader, length: number): Uint8Array {
  const start = take(reader, length);
  return reader.bytes.slice(start, start + length);
}

function readCount(reader: StateReader): number {
  const count = reader.view.getFloat64(take(reader, 8));
  if (!Number.isSafeInteger(count) || count < 0) throw malformed("a count is no count");
  return count;
}

function readCounts(reader: StateReader): LeafCounts {
  return { all: readCount(reader), opaque: readCount(reader) };
}

function readPending(reader: StateReader): PendingNode | undefined {
  const length = readByte(reader);
  if (length === NONE) return undefined;
  const path = readBytes(reader, length);
  const depth = readByte(reader);
  const hash = readBytes(reader, HASH_BYTES);
  return { path, hash, depth: depth === FLOATING ? undefined : depth };
}

function readOpenNodes(reader: StateReader): ListedNode[] {
  const nodes: ListedNode[] = [];
  for (let left = readByte(reader); left > 0; left--) {
    const depth = readByte(reader);
    const children = readByte(reader);
    if (children > MAX_CHILDREN) throw malformed(`a node has ${children} children`);
    nodes.push({ depth, hashes: readBytes(reader, children * HASH_BYTES) });
  }
  return nodes;
}

/**
 * Reads a position.
 *
 * @throws {VerifyError} `malformed_state`
 */
export function readHasherState(bytes: Uint8Array): HasherPosition {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader: StateReader = { bytes, view, end: 0 };
  const version = readByte(reader);
  if (version !== VERSION) throw malformed(`it is of version ${version}, not ${VERSION}`);
  // In the order of the bytes, as written above.
  const position: HasherPosition = {
    rootDepth: readByte(reader),
    sharedWithPrevious: readByte(reader),
    counts: readCounts(reader),
    beforeAccount: readCounts(reader),
    beforeVirtualShard: readCounts(reader),
    last: readPending(reader),
    openNodes: readOpenNodes(reader),
  };
  if (reader.end !== bytes.length) throw malformed("it goes on after its end");
  return position;
}

function listCounts(position: HasherPosition): number[] {
  const { counts, beforeAccount, beforeVirtualShard } = position;
  return [
    counts.all,
    counts.opaque,
    beforeAccount.all,
    beforeAccount.opaque,
    beforeVirtualShard.all,
    beforeVirtualShard.opaque,
  ];
}

function malformed(what: string): VerifyError {
  return new VerifyError(
    "malformed_state",
    `This is no state of a trie hasher: ${what}. Start the virtual shard over.`,
  );
}
