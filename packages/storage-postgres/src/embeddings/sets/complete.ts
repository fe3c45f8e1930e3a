import type { Client, QueryResult } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { buildMissing, buildMissingAtOnce } from "../../write/indexes.ts";
import { unlessOthersBuild } from "../../write/loading/build-turns.ts";
import { dropRetired } from "./drop-retired.ts";
import { underLock } from "./under-lock.ts";
import type { VectorColumn } from "./vector-column.ts";
import { isIndexable, nearestIndex, nearestIndexOf, readVectorColumn } from "./vector-column.ts";

type Row = QueryResult["rows"][number];

/** Whatever was noted before the walk ended was there before, or has changed since. */
const IS_WALKED = `s.walked_at is not null and not exists (
  select from embedding_queue q where q.noted_at <= s.walked_at
)`;

function standingSql(setId: number): string {
  return `
select s.set_id, s.dimension, s.state, s.is_current and (${IS_WALKED}) as is_done,
  s.is_current and s.walked_at is not null
    and not exists (select from embedding_queue) as is_settled,
  exists (select from embedding_sets where state = 'retired') as has_retired,
  exists (
    select from pg_index i where i.indisvalid and i.indexrelid = to_regclass('${nearestIndexOf(setId)}')
  ) as has_index
from embedding_sets s where s.set_id = ${setId}`;
}

const SERVE = `
update embedding_sets set state = case when set_id = $1 then 'serving' else 'retired' end
where state <> 'retired'
  and exists (select from embedding_sets where set_id = $1 and is_current and walked_at is not null)`;

/**
 * Memory for a build, in kB: what the vectors and their graph take, which is when it is fast, but not
 * more than the server has for all that it reads, or a gigabyte.
 */
function memorySql({ set_id: setId, dimension }: Row, scope: "session" | "transaction"): string {
  return `
select set_config('maintenance_work_mem', greatest(
  pg_size_bytes(current_setting('maintenance_work_mem')) / 1024,
  least(
    (select count(*) from cast_embeddings where set_id = ${setId}) * (${dimension} * 4 + 500) / 1024,
    pg_size_bytes(current_setting('shared_buffers')) / 1024, 1024 * 1024
  )
)::text, ${scope === "transaction"})`;
}

/** A set whose index is to be built, and until when. */
interface IndexWork {
  readonly row: Row;
  readonly column: VectorColumn;
  readonly signal: AbortSignal | undefined;
}

async function buildIndex(
  connections: Connections,
  { row, column, signal }: IndexWork,
): Promise<boolean> {
  const index = nearestIndex({ setId: row.set_id, dimension: row.dimension }, column);
  if (connections.backend !== "server") {
    await connections.transact(async (client) => {
      await client.query(memorySql(row, "transaction"));
      await buildMissingAtOnce(client, [index]);
      await client.query("analyze cast_embeddings");
    });
    return true;
  }
  const build = async (session: Client) => {
    await session.query(memorySql(row, "session"));
    await buildMissing(session, [index]);
    await session.query("analyze cast_embeddings");
  };
  return unlessOthersBuild(connections, build, signal);
}

/** Sees to the index of a set; returns whether that is done. */
async function prepare(
  connections: Connections,
  row: Row,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const column = await readVectorColumn(connections);
  if (row.has_index || !isIndexable(column, row.dimension)) return true;
  return buildIndex(connections, { row, column, signal });
}

async function serve(connections: Connections, setId: number): Promise<boolean> {
  return underLock(connections, async (client) => {
    await client.query(SERVE, [setId]);
    const { rows } = await client.query("select state from embedding_sets where set_id = $1", [
      setId,
    ]);
    return rows[0]?.state === "serving";
  });
}

/**
 * Completes a set, see `EmbeddingStore`. Goes on where one that was killed has ended, and waits for
 * nobody who builds an index: there are casts to embed meanwhile. On a server, the signal breaks off what
 * is being built or dropped, and rejects with its reason.
 */
export async function complete(
  connections: Connections,
  setId: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const [row] = (await connections.query(standingSql(setId))).rows;
  if (row === undefined) return false;
  const wasServing = row.state === "serving";
  if (!wasServing && !row.is_done) return false;
  if (!(await prepare(connections, row, signal))) return false;
  const isServing = wasServing || (await serve(connections, setId));
  if (!isServing) return false;
  if ((row.has_retired || !wasServing) && !(await dropRetired(connections, signal))) return false;
  return row.is_settled;
}
