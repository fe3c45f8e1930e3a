// Which accounts a store has otherwise than a node: descends only where hashes differ.
import type { NodeClient } from "@snaprag/client";
import { isSameBytes } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import { readTrieNode } from "../node/trie-node.ts";
import type { Part } from "./shard-tree.ts";
import { hashAt } from "./shard-tree.ts";

const NIBBLES: readonly number[] = Array.from({ length: 16 }, (_, nibble) => nibble);

/** What is compared with which node's live trie. */
export interface Comparison {
  readonly client: NodeClient;
  readonly shardId: number;
  readonly parts: readonly Part[];
  readonly blake3: Blake3;
  readonly signal: AbortSignal;
}

function toPrefix(path: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: path.length / 2 }, (_, index) => {
    return (path[index * 2] ?? 0) * 16 + (path[index * 2 + 1] ?? 0);
  });
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : isSameBytes(a, b);
}

/**
 * Paths of the given length, below a path of an even length, whose nodes differ.
 *
 * A call shows a node and its children; only bytes can be asked for, so that a child that differs
 * costs up to 16 calls for its own children. So the calls grow with what differs: about 16 for each
 * byte on the way to it.
 */
export async function findDifferingPaths(
  comparison: Comparison,
  path: readonly number[],
  length: number,
): Promise<readonly (readonly number[])[]> {
  const { client, shardId, parts, blake3, signal } = comparison;
  const node = await readTrieNode(client, { shardId, prefix: toPrefix(path) }, signal);
  if (isSame(node?.hash, hashAt(parts, path, blake3))) return [];
  if (path.length === length) return [path];
  const odd = NIBBLES.map((nibble) => [...path, nibble]).filter((child) => {
    const live = node?.children.get(child.at(-1) ?? 0)?.hash;
    return !isSame(live, hashAt(parts, child, blake3));
  });
  const even = odd.flatMap((child) => NIBBLES.map((nibble) => [...child, nibble]));
  const found = await Promise.all(
    even.map((child) => findDifferingPaths(comparison, child, length)),
  );
  return found.flat();
}

/** The number that nibbles stand for. */
export function numberOf(nibbles: readonly number[]): number {
  return nibbles.reduce((number, nibble) => number * 16 + nibble, 0);
}
