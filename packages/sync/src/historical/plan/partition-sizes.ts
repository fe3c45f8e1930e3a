import { NodeClientError } from "@snaprag/client";
import { readTrieNode } from "../../proof/node/trie-node.ts";
import type { NodePool } from "../../run/nodes/node-pool.ts";
import type { SyncRun } from "../../run/sync-run.ts";

/** Whom to ask, and whom to tell of a failure. */
interface PartitionSizesSource extends Pick<SyncRun, "signal" | "logger"> {
  readonly nodes: Pick<NodePool, "of">;
}

/**
 * About how large the partitions of a shard are, by virtual shard: leaves of all sixteen that share its
 * first four bits, which one call tells. Good for the order of a download and for nothing else; 0 for
 * all when the node does not answer.
 */
export async function estimateSizes(
  { nodes, signal, logger }: PartitionSizesSource,
  shardId: number,
): Promise<(virtualShard: number) => number> {
  const place = { shardId, prefix: new Uint8Array() };
  try {
    const root = await readTrieNode(nodes.of(shardId), place, signal);
    return (virtualShard) => root?.children.get(virtualShard >> 4)?.leafCount ?? 0;
  } catch (error) {
    if (!(error instanceof NodeClientError)) throw error;
    logger.debug({ shardId, err: error }, "sizes are not known");
    return () => 0;
  }
}
