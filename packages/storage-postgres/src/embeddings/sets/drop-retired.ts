// Sets that no longer serve: their index, their vectors some at a time, and themselves.
import type { Client, PoolClient } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { unlessOthersBuild } from "../../write/loading/build-turns.ts";
import { nearestIndexOf } from "./vector-column.ts";

/** Vectors looked at in one transaction. */
const BATCH_VECTORS = 20_000;

const FIND_RETIRED = "select set_id from embedding_sets where state = 'retired' order by 1 limit 1";

/**
 * Whoever takes the set up again waits for the batch, and the next batch does not find it. So does
 * another that drops it: two that shared the lock could not delete the set.
 */
const LOCK_RETIRED =
  "select 1 from embedding_sets where set_id = $1 and state = 'retired' for update";

/**
 * Drops whole casts, also the one that the batch ends in: should the set be taken up again, one that
 * had some of its parts left would count as embedded.
 */
const DROP_BATCH = `
with seen as materialized (
  select fid, hash, set_id, chunk from cast_embeddings
  where (fid, hash, set_id, chunk) > ($2, $3, $4, $5)
  order by fid, hash, set_id, chunk limit ${BATCH_VECTORS}
), dropped as (
  delete from cast_embeddings e
  where e.set_id = $1 and (e.fid, e.hash) in (select fid, hash from seen where set_id = $1)
)
select fid, hash, set_id, chunk, count(*) over ()::int as count from seen
order by fid desc, hash desc, set_id desc, chunk desc limit 1`;

/** Where in the order of their key vectors are yet to be looked at. */
type Place = readonly [fid: bigint, hash: Buffer, setId: number, chunk: number];

const BEGINNING: Place = [-(2n ** 63n), Buffer.alloc(0), 0, 0];

/** Drops a batch; returns where the next one begins, if there is one. */
async function dropBatch(
  client: PoolClient,
  setId: number,
  place: Place,
): Promise<Place | undefined> {
  if ((await client.query(LOCK_RETIRED, [setId])).rows.length === 0) return undefined;
  const [last] = (await client.query(DROP_BATCH, [setId, ...place])).rows;
  if (last?.count === BATCH_VECTORS) {
    return [last.fid, Buffer.from(last.hash), last.set_id, last.chunk];
  }
  await client.query("delete from embedding_refusals where set_id = $1", [setId]);
  await client.query("delete from embedding_sets where set_id = $1", [setId]);
  return undefined;
}

/** Drops the index of a set; returns whether it is gone. */
async function dropIndex(
  connections: Connections,
  setId: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const name = nearestIndexOf(setId);
  if (connections.backend !== "server") {
    await connections.query(`drop index if exists ${name}`);
    return true;
  }
  const { rows } = await connections.query(`select to_regclass('${name}') is null as is_gone`);
  if (rows[0]?.is_gone) return true;
  // Searches go on meanwhile.
  const drop = async (session: Client) => {
    await session.query(`drop index concurrently if exists ${name}`);
  };
  return unlessOthersBuild(connections, drop, signal);
}

/**
 * Drops every retired set, unless it is taken up again before it is gone. Returns whether that is
 * done: not while somebody builds an index. The signal ends it between two batches.
 */
export async function dropRetired(
  connections: Connections,
  signal?: AbortSignal,
): Promise<boolean> {
  while (true) {
    const setId: number | undefined = (await connections.query(FIND_RETIRED)).rows[0]?.set_id;
    if (setId === undefined) return true;
    if (!(await dropIndex(connections, setId, signal))) return false;
    let place: Place | undefined = BEGINNING;
    while (place !== undefined) {
      signal?.throwIfAborted();
      const current: Place = place;
      place = await connections.transact((client) => dropBatch(client, setId, current));
    }
  }
}
