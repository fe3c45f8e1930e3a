import type { CastSearchStore, EmbeddingSet, ScoredCast } from "@snaprag/embeddings";
import { EmbeddingError } from "@snaprag/embeddings";
import type { PoolClient, QueryResult } from "pg";
import type { Connections } from "../../connection/connections.ts";
import type { VectorColumn } from "../sets/vector-column.ts";
import {
  isIndexable,
  readVectorColumn,
  toVectorText,
  vectorTypeOf,
} from "../sets/vector-column.ts";
import { estimateRows } from "./estimate-rows.ts";
import { toFilterSql } from "./filter.ts";
import { toScoredCasts } from "./scored-casts.ts";

/** A question for the casts nearest to a vector. */
export type VectorQuery = Parameters<CastSearchStore["searchByVector"]>[0];

/** Vectors looked at for each cast that is wanted: some casts have several. */
const VECTORS_PER_CAST = 4;

/** Fewest that the index keeps in sight, and most that it can: the more, the surer its answer. */
const MIN_EF_SEARCH = 100;
const MAX_EF_SEARCH = 1000;

/**
 * Vectors after which an index is not asked for more, when filters keep leaving too few; and casts of
 * which the vectors are rather compared one by one.
 */
const MAX_SCAN_TUPLES = 20_000;

/** Nearness where one of the vectors has no direction, and so no angle. */
const NO_DIRECTION = 0;

function toScore(distance: string): string {
  return `coalesce(nullif(1 - ${distance}, 'NaN'), ${NO_DIRECTION})`;
}

/** How near vectors `e` of a column are to the vector $1. */
interface Measure {
  /** Distance, 0 to 2, by an operator that the index of the set knows. */
  readonly distance: string;
  /** Cosine similarity, -1 to 1. */
  readonly score: string;
}

/**
 * The parameter is read as what it is compared as: one that came by way of another type would be
 * converted again for every vector.
 */
function measureOf(column: VectorColumn, { dimension }: EmbeddingSet): Measure {
  if (column.type === "real[]") {
    const score = "embedding_similarity(e.embedding, $1::real[])";
    return { distance: `1 - ${score}`, score };
  }
  const type = vectorTypeOf(column, dimension);
  const distance = `e.embedding::${type} operator(${column.schema}.<=>) $1::${type}`;
  return { distance, score: toScore(`(${distance})`) };
}

function valuesOf({ vector, filter }: VectorQuery, { type }: VectorColumn): readonly unknown[] {
  const asked = type === "real[]" ? toVectorText(vector) : `[${vector.join()}]`;
  return [asked, ...toFilterSql(filter, 2).values];
}

/**
 * Has the index look wide enough, and go on where filters leave too few. Without sorting, since the
 * planner underrates by far how many casts a filter leaves of the vectors, and would compare all of
 * them. Ends with the transaction.
 */
async function setUpIndex(client: PoolClient, candidates: number, column: VectorColumn) {
  const ef = Math.min(Math.max(candidates, MIN_EF_SEARCH), MAX_EF_SEARCH);
  await client.query(`set local hnsw.ef_search to ${ef}`);
  await client.query("set local enable_sort to off");
  if (!column.hasIterativeScan) return;
  await client.query("set local hnsw.iterative_scan to strict_order");
  await client.query(`set local hnsw.max_scan_tuples to ${MAX_SCAN_TUPLES}`);
}

/**
 * Asks the index. A cast counts once, with its best part. Filters are applied as the index goes
 * along, which may make it give up before there are as many casts as wanted.
 */
async function askIndex(client: PoolClient, query: VectorQuery, column: VectorColumn) {
  const { set, filter, limit } = query;
  const candidates = limit * VECTORS_PER_CAST;
  await setUpIndex(client, candidates, column);
  const { distance } = measureOf(column, set);
  const { where, values } = toFilterSql(filter, 2);
  const filtered = values.length === 0 ? "" : `and exists (${liveCasts("e", where)})`;
  return client.query(
    `with nearest as materialized (
      select e.fid, e.hash, ${distance} as distance from cast_embeddings e
      where e.set_id = ${set.setId} ${filtered} order by ${distance} limit ${candidates}
    )
    select n.fid, n.hash, max(${toScore("n.distance")}) as score from nearest n
    where exists (${liveCasts("n", where)})
    group by n.fid, n.hash order by score desc, n.fid, n.hash limit ${limit}`,
    [...valuesOf(query, column)],
  );
}

function liveCasts(keys: string, where: string): string {
  return `select from casts c where c.fid = ${keys}.fid and c.hash = ${keys}.hash and ${where}`;
}

/** Looks at every vector of the casts that the filter leaves. No index serves this order. */
function compareAll(client: PoolClient, query: VectorQuery, column: VectorColumn) {
  const { set, filter, limit } = query;
  return client.query(
    `select e.fid, e.hash, max(${measureOf(column, set).score}) as score
    from cast_embeddings e join casts c on c.fid = e.fid and c.hash = e.hash
    where e.set_id = ${set.setId} and ${toFilterSql(filter, 2).where}
    group by e.fid, e.hash order by score desc, e.fid, e.hash limit ${limit}`,
    [...valuesOf(query, column)],
  );
}

/** Whether a filter leaves so many casts that an index over everybody's comes by enough of them. */
async function isBroad(client: PoolClient, { filter }: VectorQuery): Promise<boolean> {
  if (filter.fid !== undefined) return false;
  const { where, values } = toFilterSql(filter, 1);
  if (values.length === 0) return true;
  const casts = { text: `select from casts c where ${where}`, values: [...values] };
  return (await estimateRows(client, casts)) > MAX_SCAN_TUPLES;
}

async function search(client: PoolClient, query: VectorQuery): Promise<QueryResult> {
  const { set, limit } = query;
  const column = await readVectorColumn(client);
  if (isIndexable(column, set.dimension) && (await isBroad(client, query))) {
    const found = await askIndex(client, query, column);
    if (found.rows.length >= limit) return found;
    await client.query("set local enable_sort to on");
  }
  return compareAll(client, query, column);
}

/**
 * Finds live casts by a vector, see `CastSearchStore`.
 *
 * @throws {EmbeddingError} `wrong_dimension` for a vector of another length than the set's
 */
export async function searchByVector(
  connections: Connections,
  query: VectorQuery,
): Promise<readonly ScoredCast[]> {
  const { vector, set, limit } = query;
  if (vector.length !== set.dimension) {
    throw new EmbeddingError(
      "wrong_dimension",
      `The vector to search by has ${vector.length} numbers, and those of ${set.model} have ${set.dimension}. Search with the model that the casts were embedded with`,
    );
  }
  if (limit <= 0) return [];
  return toScoredCasts(await connections.transact((client) => search(client, query)));
}
