import type { NetworkIdentity } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";

const INSUFFICIENT_PRIVILEGE = "42501";

/** The comment of the table where its network is temporary: no column says so, and people can read it. */
const TEMPORARY =
  "This network ends with the process that made it: afterwards the mirror may be emptied.";

const SELECT_NETWORK = `
select network, shard_count, obj_description('sync_network'::regclass, 'pg_class') as comment
from sync_network`;

/** Records the network on first use and compares it ever after, but for whether it is temporary. */
export async function bindNetwork(
  { transact }: Connections,
  { network, shardCount, isTemporary }: NetworkIdentity,
): Promise<void> {
  const bound = await transact(async (client) => {
    const { rowCount } = await client.query(
      "insert into sync_network (network, shard_count) values ($1, $2) on conflict do nothing",
      [network, shardCount],
    );
    if (isTemporary && rowCount === 1) {
      await client.query(`comment on table sync_network is '${TEMPORARY}'`);
    }
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
  const { rows: bound } = await query(SELECT_NETWORK);
  if (bound[0] === undefined) return undefined;
  const { network, shard_count: shardCount, comment } = bound[0];
  return { network, shardCount, ...(comment === TEMPORARY && { isTemporary: true }) };
}
