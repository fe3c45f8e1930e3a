import type { NetworkIdentity } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";

const INSUFFICIENT_PRIVILEGE = "42501";

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

const IS_THERE = `
select to_regclass('sync_network') is not null as exists,
  (select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = $1) as may_use`;

/**
 * The network recorded; undefined before the first sync, or before the first migration.
 *
 * @throws {StorageError} `unauthorized` for a schema that the user may not use, in which relations are
 * as if they were not there
 */
export async function findNetwork({
  query,
  schema,
}: Connections): Promise<NetworkIdentity | undefined> {
  const { rows } = await query({ text: IS_THERE, values: [schema] });
  if (rows[0]?.may_use === false) {
    const sqlState = INSUFFICIENT_PRIVILEGE;
    throw new StorageError("unauthorized", `permission denied for schema ${schema}`, { sqlState });
  }
  if (!rows[0]?.exists) return undefined;
  const { rows: bound } = await query("select network, shard_count from sync_network");
  return bound[0] && { network: bound[0].network, shardCount: bound[0].shard_count };
}
