import type { TableName } from "@snaprag/processors";
import type { RowCount } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";

/** From this many rows on, the database's statistics answer: counting would read them all. */
const COUNT_UP_TO_ROWS = 1_000_000;

/** By relation; of a partitioned one nothing but its partitions has statistics for certain. */
const ESTIMATES = `
select coalesce(parent.relname, c.relname) as relname,
  sum(greatest(c.reltuples, 0)::float8) as reltuples
from pg_class c
left join pg_inherits i on i.inhrelid = c.oid left join pg_class parent on parent.oid = i.inhparent
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
group by 1`;

/** Statements have no parameters, so that they can be asked of a session in use. */
export async function countRows({ query }: Connections): Promise<ReadonlyMap<TableName, RowCount>> {
  const { rows: estimates } = await query(ESTIMATES);
  const estimateOf = new Map<string, number>(
    estimates.map(({ relname, reltuples }) => [relname, reltuples]),
  );
  const isLarge = (table: TableName) => (estimateOf.get(table) ?? 0) > COUNT_UP_TO_ROWS;
  const counts = TABLE_NAMES.map((table) =>
    isLarge(table)
      ? `select '${table}' as name, ${estimateOf.get(table)}::bigint as total,
          ${estimateOf.get(table)}::bigint as live`
      : `select '${table}' as name, count(*) as total,
          count(*) filter (where deleted_at is null) as live from ${table}`,
  );
  const { rows } = await query(counts.join("\nunion all\n"));
  return new Map(
    rows.map(({ name, total, live }): [TableName, RowCount] => [
      name,
      { live: Number(live), total: Number(total), isEstimate: isLarge(name) },
    ]),
  );
}
