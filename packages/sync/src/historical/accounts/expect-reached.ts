import type { NodeClient } from "@snaprag/client";
import { SyncError } from "../../errors.ts";

/**
 * Throws unless a node has reached the block of a snapshot.
 *
 * Calls tell the present state of a node. At or after the snapshot's block, the events since lead
 * to the same rows; before it, what ended in between would stay for ever, and what came would be
 * missed (docs/protocol.md 8.4).
 *
 * @throws {SyncError} `node_behind`
 */
export async function expectReached(
  client: NodeClient,
  { shardId, height }: { readonly shardId: number; readonly height: bigint },
  signal: AbortSignal,
): Promise<void> {
  const { shardInfos } = await client.hub.getInfo({}, { signal });
  const reached = shardInfos.find((shard) => shard.shardId === shardId)?.maxHeight ?? 0n;
  if (reached >= height) return;
  throw new SyncError(
    "node_behind",
    `The node is at block ${reached} of shard ${shardId}, behind the snapshot of block ${height} that is read`,
    { shardId },
  );
}
