import type { NetworkIdentity } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";

/** Records the network on first use and compares it ever after. */
export async function bindNetwork(
  { transact }: Connections,
  { network, shardCount }: NetworkIdentity,
): Promise<void> {
  const bound = await transact(async (client) => {
    await client.query(
      "insert into sync_network (network, shard_count) values ($1, $2) on conflict do nothing",
      [network, shardCount],
    );
    const { rows } = await client.query("select network, shard_count from sync_network");
    return rows[0];
  });
  if (bound.network === network && bound.shard_count === shardCount) return;
  throw new StorageError(
    "network_mismatch",
    `The database mirrors network ${bound.network} with ${bound.shard_count} data shards, the node is of network ${network} with ${shardCount}. Use another database or schema for it`,
  );
}

/** The network recorded; undefined before the first sync, or before the first migration. */
export async function findNetwork({ query }: Connections): Promise<NetworkIdentity | undefined> {
  const { rows } = await query(`select to_regclass('sync_network') is not null as exists`);
  if (!rows[0]?.exists) return undefined;
  const { rows: bound } = await query("select network, shard_count from sync_network");
  return bound[0] && { network: bound[0].network, shardCount: bound[0].shard_count };
}
