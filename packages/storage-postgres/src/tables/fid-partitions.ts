// Hash partitions by fid: which relations have them, what makes them, how a database tells of them.
import type { TableName } from "@snaprag/processors";
import type { ClientBase } from "pg";

/**
 * Relations that grow with what accounts do. Those with a row or so for each account stay whole: at
 * a hundredth of the size they gain nothing, and every partition costs locks and time to plan.
 */
export const PARTITIONED_TABLES: readonly TableName[] = [
  "casts",
  "cast_removes",
  "reactions",
  "reaction_removes",
  "links",
  "link_removes",
  "link_compact_states",
  "user_data_changes",
  "frame_actions",
  "onchain_events",
];

/**
 * Most partitions of a relation. With these, a reset holds nearly all the locks that a server has
 * room for unless it was told otherwise: it names every partition and every index of one at once.
 */
export const MAX_FID_PARTITIONS = 32;

/**
 * What follows the closing bracket of `create table`, and the statements that make the partitions,
 * without a semicolon at the end; nothing for a relation that stays whole.
 */
export function fidPartitioning(table: string, count: number | undefined): string {
  const names: readonly string[] = PARTITIONED_TABLES;
  if (count === undefined || !names.includes(table)) return "";
  const partitions = Array.from({ length: count }, (_, remainder) => {
    const values = `(modulus ${count}, remainder ${remainder})`;
    return `create table ${table}_p${remainder} partition of ${table} for values with ${values}`;
  });
  return [" partition by hash (fid)", ...partitions].join(";\n");
}

const PARTITIONS = `
select parent.relname as "table", child.relname as partition
from pg_inherits i
join pg_class parent on parent.oid = i.inhparent and parent.relkind = 'p'
join pg_class child on child.oid = i.inhrelid
where parent.relnamespace = current_schema()::regnamespace
order by child.oid`;

/** Names of the partitions of every partitioned relation, as the database has them. */
export async function listPartitions(
  client: Pick<ClientBase, "query">,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query(PARTITIONS);
  const partitions = new Map<string, string[]>();
  for (const { table, partition } of rows) {
    const known = partitions.get(table);
    if (known) known.push(partition);
    else partitions.set(table, [partition]);
  }
  return partitions;
}

/** How many partitions a migrated database was created with; undefined when its tables are whole. */
export async function findFidPartitions(
  client: Pick<ClientBase, "query">,
): Promise<number | undefined> {
  return (await listPartitions(client)).get("casts")?.length;
}
