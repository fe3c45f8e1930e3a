// Nodes of a node's live trie (docs/protocol.md 3.4).
import type { NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { TrieNodeMetadataResponse } from "@snaprag/proto";

/** Hash and size of a part of a trie. */
export interface TrieNodeSummary {
  /** 20 bytes. */
  readonly hash: Uint8Array;
  readonly leafCount: number;
}

/** A part of a trie, and the parts one nibble below it. */
export interface TrieNode extends TrieNodeSummary {
  readonly children: ReadonlyMap<number, TrieNodeSummary>;
}

/** Which part of which shard's trie: all keys that begin with these bytes. */
export interface TriePlace {
  readonly shardId: number;
  readonly prefix: Uint8Array;
}

function toSummary({ hash, numMessages }: TrieNodeMetadataResponse): TrieNodeSummary {
  return { hash: Buffer.from(hash, "hex"), leafCount: Number(numMessages) };
}

/** Reads a part of the trie as it is now; undefined when there is no such part. */
export async function readTrieNode(
  client: NodeClient,
  place: TriePlace,
  signal: AbortSignal,
): Promise<TrieNode | undefined> {
  try {
    const node = await client.hub.getTrieMetadataByPrefix(place, { signal });
    const children = node.children.map(
      (child) => [child.prefix.at(-1) ?? 0, toSummary(child)] as const,
    );
    return { ...toSummary(node), children: new Map(children) };
  } catch (error) {
    if (error instanceof NodeClientError && error.code === "not_found") return undefined;
    throw error;
  }
}

/** The five bytes that all keys of an account begin with. */
export function accountPrefix(virtualShard: number, fid: bigint): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(virtualShard, 0);
  prefix.writeUInt32BE(Number(fid & 0xffffffffn), 1);
  return prefix;
}
