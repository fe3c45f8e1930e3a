// Rows that a store has lost.
import { lastPositionOf } from "@snaprag/processors";
import type { Store } from "@snaprag/storage";
import { homeShardOf } from "@snaprag/verify";

/** Ends live reactions of a store that the node still has. */
export async function loseReactions(
  store: Store,
  count: number = Number.POSITIVE_INFINITY,
): Promise<void> {
  let left = count;
  const table = "reactions";
  const shards = new Map((await store.listShards()).map((shard) => [shard.shardId, shard]));
  const at = new Date();
  for await (const { row, state } of store.listRows(table)) {
    const shardId = homeShardOf(row.fid, 2);
    const blockNumber = shards.get(shardId)?.blockNumber ?? 0n;
    if (!state.isLive || left === 0) continue;
    left -= 1;
    const retirement = { reason: "unlisted", eventId: lastPositionOf(blockNumber), at } as const;
    const changes = [{ kind: "retire", table, row, retirement } as const];
    await store.repairRows({ shardId, blockNumber, changes, leaves: [] });
  }
}
