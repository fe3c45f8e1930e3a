// Derives anew what is derived, and says whether that changed anything.
import type { RebuiltRelation } from "@snaprag/storage";
import type { Connections } from "../../connection/connections.ts";
import { listPartitions } from "../../tables/fid-partitions.ts";
import type { DerivedTable } from "./derived-tables.ts";
import { DERIVED_TABLES } from "./derived-tables.ts";

/** Whether an account's partition is still being downloaded, which derives it when it is done. */
function isUnfinished(fid: string): string {
  return `exists (
    select from sync_partitions p, sync_network n
    where p.status <> 'done' and p.virtual_shard = virtual_shard_of(${fid})
      and p.shard_id = home_shard_of(${fid}, n.shard_count)
  )`;
}

/** One statement, so that what is compared and what is written are the same rows. */
function rebuildSql({ name, columns }: DerivedTable, expected: string): string {
  const listed = columns.join(", ");
  const values = (row: string) => columns.map((column) => `${row}.${column}`).join(", ");
  return `with expected as materialized (
  select * from (${expected}) derived where not ${isUnfinished("derived.fid")}
), written as (
  insert into ${name} as t (fid, ${listed}) select fid, ${listed} from expected
  on conflict (fid) do update
    set ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}
    where (${values("t")}) is distinct from (${values("excluded")})
  returning 1
), dropped as (
  delete from ${name} t
  where not exists (select from expected where expected.fid = t.fid)
    and not ${isUnfinished("t.fid")}
  returning 1
)
select (select count(*) from expected) as row_count,
  (select count(*) from written) + (select count(*) from dropped) as changed_count`;
}

/**
 * Computes every derived table from the relations it follows from, in one transaction, which takes
 * as long as reading them does. Writers of derived tables wait until it is over.
 */
export function rebuild({ transact }: Connections): Promise<readonly RebuiltRelation[]> {
  return transact(async (client) => {
    await client.query("set local statement_timeout to 0");
    const names = DERIVED_TABLES.map(({ name }) => name).join(", ");
    await client.query(`lock table ${names} in share row exclusive mode`);
    const partitions = await listPartitions(client);
    const rebuilt: RebuiltRelation[] = [];
    for (const table of DERIVED_TABLES) {
      const { rows } = await client.query(rebuildSql(table, table.expected(partitions)));
      const { row_count: rowCount, changed_count: changedCount } = rows[0];
      rebuilt.push({
        relation: table.name,
        rowCount: Number(rowCount),
        changedCount: Number(changedCount),
      });
    }
    return rebuilt;
  });
}
