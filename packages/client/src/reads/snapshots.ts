import type { ShardSnapshotMetadata } from "@snaprag/proto";
import type { NodeConnection } from "../transport/node-connection.ts";
import type { CallOptions } from "../transport/typed-calls.ts";

/** Lists a shard's snapshots, newest first; the node's own order is random. */
export async function listSnapshots(
  node: NodeConnection,
  shardId: number,
  options: CallOptions = {},
): Promise<readonly ShardSnapshotMetadata[]> {
  const { snapshots } = await node.replication.getShardSnapshotMetadata({ shardId }, options);
  return snapshots.toSorted((a, b) => Number(b.height - a.height));
}
