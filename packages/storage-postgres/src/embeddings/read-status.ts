import type { EmbeddingSetStatus } from "@snaprag/embeddings";
import type { QueryResult } from "pg";
import type { Queryable } from "./extensions.ts";
import { castsAhead, IS_TO_EMBED } from "./queue/walk.ts";
import { estimateRows } from "./search/estimate-rows.ts";
import { toEmbeddingSet } from "./sets/take-up.ts";
import type { VectorColumn } from "./sets/vector-column.ts";
import { readVectorColumn } from "./sets/vector-column.ts";

type Row = QueryResult["rows"][number];

/** Whether a cast `c` ahead of a walk counts: those that are noted do already. */
const COUNTS = `(${IS_TO_EMBED} and not exists (
  select from embedding_queue q where q.fid = c.fid and q.hash = c.hash
))`;

/** Casts that a walk is yet to come by are counted up to so many, and estimated beyond. */
const COUNTED_CASTS = 10_000;

/** Time after which nobody is at work, in seconds. */
const IDLE_SECONDS = 120;

/**
 * The last minute: of the window what there is, and of the one before the rest. A first window is as
 * long as it has lasted.
 */
const CASTS_PER_SECOND = `case
  when seconds > ${IDLE_SECONDS} then 0
  when last_rate is null or seconds >= 60 then window_casts / greatest(seconds, 1)
  else (window_casts + last_rate * (60 - seconds)) / 60
end`;

// The times of a window and of an answer may come from two clocks.
const SELECT_SETS = `
select s.*, (${CASTS_PER_SECOND})::float8 as casts_per_second,
  (select count(*) from embedding_refusals r where r.set_id = s.set_id) as refused_count,
  case when s.is_current then (select count(*) from embedding_queue) else 0 end as noted_count
from (
  select *, greatest(extract(epoch from clock_timestamp() - window_started_at), 0) as seconds
  from embedding_sets
) s order by s.set_id`;

/** Casts that a set's walk is yet to note: those nearest ahead say how many of the rest it will. */
async function countAhead(session: Queryable, row: Row): Promise<bigint> {
  if (!row.is_current || row.walked_at !== null) return 0n;
  const { rows } = await session.query(
    `select count(*)::int as seen, (count(*) filter (where ${COUNTS}))::int as wanted
    from (${castsAhead(row, COUNTED_CASTS)}) c, embedding_sets s where s.set_id = ${row.set_id}`,
  );
  const { seen, wanted } = rows[0];
  if (seen < COUNTED_CASTS) return BigInt(wanted);
  const all = await estimateRows(session, { text: castsAhead(row, Number.MAX_SAFE_INTEGER) });
  return BigInt(Math.round(Math.max(all, seen) * (wanted / seen)));
}

function toStatus(row: Row, column: VectorColumn, aheadCount: bigint): EmbeddingSetStatus {
  const { last_error: message, last_error_at: at } = row;
  return {
    ...toEmbeddingSet(row, column),
    recipe: row.recipe,
    state: row.state,
    isCurrent: row.is_current,
    castCount: row.cast_count,
    textCount: row.text_count,
    tokenCount: row.token_count,
    refusedCount: row.refused_count,
    backlogCount: row.noted_count + aheadCount,
    castsPerSecond: row.casts_per_second,
    errorCount: row.error_count,
    lastError: message === null ? undefined : { message, at },
  };
}

/**
 * Reads how far every set is, in the order in which they were made. Statements have no parameters, so
 * that they can be asked of a session in use.
 */
export async function readStatus(session: Queryable): Promise<readonly EmbeddingSetStatus[]> {
  const { rows } = await session.query(SELECT_SETS);
  if (rows.length === 0) return [];
  const column = await readVectorColumn(session);
  const statuses: EmbeddingSetStatus[] = [];
  for (const row of rows) statuses.push(toStatus(row, column, await countAhead(session, row)));
  return statuses;
}
