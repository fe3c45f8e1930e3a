// The walk over casts that were there before a set: some at a time, so that the queue stays small.
import { StorageError } from "@snaprag/storage";
import type { PoolClient, QueryResult } from "pg";
import type { Connections } from "../../connection/connections.ts";
import type { StoredSelection } from "./selection.ts";
import { IS_REFUSED, IS_SELECTED } from "./selection.ts";

/** Casts of one step: enough for many claims, and read in a fraction of a second. */
const STEP_CASTS = 4000;

/**
 * Longest wait for a writer of the same cast. Shorter than the second after which the server looks
 * for deadlocks: should the two wait for each other, the walk is the one that gives way.
 */
const LIMIT_WAIT = "set local lock_timeout to 500";

const LOCK_SET = `
select cursor_fid, cursor_hash, selection from embedding_sets
where set_id = $1 and is_current and walked_at is null for update skip locked`;

/** Where a walk stands, and whose casts it is after: everybody's, or those of some accounts. */
export interface WalkPosition {
  readonly cursor_fid: bigint | null;
  readonly cursor_hash: Uint8Array | null;
  readonly selection: StoredSelection;
}

/** The accounts that a walk of some is yet to come to, the one that it is at included. */
function remainingFids({ cursor_fid: cursor, selection }: WalkPosition): readonly bigint[] {
  const fids = (selection.fids ?? []).map(BigInt);
  return cursor === null ? fids : fids.filter((fid) => fid >= cursor);
}

/** Of one account the database reads casts in order; of several it would have to sort them. */
function isOneOf(fids: readonly bigint[]): string {
  const [fid, ...others] = fids;
  if (fid !== undefined && others.length === 0) return `c.fid = ${fid}`;
  return `c.fid = any('{${fids.join()}}'::int8[])`;
}

/** Casts `c` beyond a walk's cursor, in its order; as literals, for sessions that take no parameters. */
export function castsAhead(position: WalkPosition, limit: number): string {
  const { cursor_fid: fid, cursor_hash: hash, selection } = position;
  const conditions = [
    fid !== null &&
      `(c.fid, c.hash) > (${fid}, '\\x${Buffer.from(hash ?? []).toString("hex")}'::bytea)`,
    selection.fids !== undefined && isOneOf(remainingFids(position)),
  ].filter((condition) => typeof condition === "string");
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return `select c.fid, c.hash, c.text, c."timestamp", c.parent_url, c.deleted_at
    from casts c ${where} order by c.fid, c.hash limit ${limit}`;
}

/** Whether a cast `c` that a walk of set `s` comes by is to be looked at. */
export const IS_TO_EMBED: string = `(
  c.deleted_at is null and ${IS_SELECTED}
  and not exists (
    select from cast_embeddings e
    where e.fid = c.fid and e.hash = c.hash and e.set_id = s.set_id
  ) and not ${IS_REFUSED}
)`;

/** Notes what is to be looked at of the casts ahead, and says how many those are and how far they go. */
function noteSql(ahead: string, setId: number): string {
  return `
with ahead as materialized (${ahead}), noted as (
  insert into embedding_queue (fid, hash)
  select c.fid, c.hash from ahead c, embedding_sets s
  where s.set_id = ${setId} and ${IS_TO_EMBED} order by 1, 2
  on conflict (fid, hash) do nothing
)
select fid, hash, count(*) over ()::int as count from ahead order by fid desc, hash desc limit 1`;
}

/**
 * Where the walk goes on, of one account's casts at a time where it is after some accounts': a list of
 * them beside an order by key would have the database read everybody's.
 */
function nextStretch(position: WalkPosition): WalkPosition | undefined {
  if (position.selection.fids === undefined) return position;
  const [fid] = remainingFids(position);
  if (fid === undefined) return undefined;
  const isThere = fid === position.cursor_fid;
  return {
    cursor_fid: fid,
    cursor_hash: isThere ? position.cursor_hash : new Uint8Array(),
    selection: { fids: [String(fid)] },
  };
}

/** The place after an account's last cast. */
function afterAccount(
  { selection }: WalkPosition,
  stretch: WalkPosition,
): WalkPosition | undefined {
  const next = (selection.fids ?? []).map(BigInt).find((fid) => fid > (stretch.cursor_fid ?? 0n));
  if (next === undefined) return undefined;
  return { cursor_fid: next, cursor_hash: new Uint8Array(), selection };
}

async function moveTo(client: PoolClient, setId: number, next: WalkPosition | undefined) {
  const sql =
    next === undefined
      ? // The clock, not the time of the transaction: whatever a walk has noted is older.
        "update embedding_sets set walked_at = clock_timestamp() where set_id = $1"
      : "update embedding_sets set cursor_fid = $2, cursor_hash = $3 where set_id = $1";
  const cursor = next && [next.cursor_fid, Buffer.from(next.cursor_hash ?? [])];
  await client.query(sql, [setId, ...(cursor ?? [])]);
}

async function walkStep(client: PoolClient, setId: number): Promise<boolean> {
  await client.query(LIMIT_WAIT);
  const locked: QueryResult<WalkPosition> = await client.query(LOCK_SET, [setId]);
  const [position] = locked.rows;
  if (position === undefined) return false;
  const stretch = nextStretch(position);
  const reached = stretch && (await noteAhead(client, setId, { position, stretch }));
  await moveTo(client, setId, reached);
  return true;
}

/** Notes what a step comes by; returns where the next one begins, if there is one. */
async function noteAhead(
  client: PoolClient,
  setId: number,
  { position, stretch }: { readonly position: WalkPosition; readonly stretch: WalkPosition },
): Promise<WalkPosition | undefined> {
  const { rows } = await client.query(noteSql(castsAhead(stretch, STEP_CASTS), setId));
  const [last] = rows;
  if (last?.count !== STEP_CASTS) return afterAccount(position, stretch);
  return { ...position, cursor_fid: last.fid, cursor_hash: last.hash };
}

/**
 * Moves a set's walk a step, and notes what of it is to be looked at. Returns whether it did: not
 * while another embedder moves it, nor when it has ended.
 */
export async function walkOn({ transact }: Connections, setId: number): Promise<boolean> {
  try {
    return await transact((client) => walkStep(client, setId));
  } catch (error) {
    // A writer was in the way: the next step comes to the same casts.
    if (!(error instanceof StorageError) || error.code !== "lock_timeout") throw error;
    return false;
  }
}
