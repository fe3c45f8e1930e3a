import { setTimeout as delay } from "node:timers/promises";
import type { ClaimedCast, ClaimRequest } from "@snaprag/embeddings";
import { EmbeddingError } from "@snaprag/embeddings";
import type { PoolClient } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { KEEP_SETS } from "../sets/lock-sets.ts";
import { readContents } from "./cast-contents.ts";
import { walkOn } from "./walk.ts";

/**
 * Longest time of walking for one claim, in milliseconds, should nothing on the way be selected. Not a
 * number of steps, which take very different times: the casts of an account may be few.
 */
const MAX_WALK_MS = 3000;

/** Time for another embedder to note what its step of the walk has come to, in milliseconds. */
const OTHERS_MS = 20;

const SELECT_SET = `
select walked_at is not null as is_walked from embedding_sets where set_id = $1 and is_current`;

const TAKE_NOTED = `
with free as (
  select fid, hash from embedding_queue
  where lease_id is null or lease_expires_at <= clock_timestamp()
  order by noted_at limit $1 for update skip locked
)
update embedding_queue q set lease_id = $2,
  lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond'
from free where q.fid = free.fid and q.hash = free.hash
returning q.fid, q.hash, q.version`;

/** What of a queue was claimed; undefined where the set is not the current one. */
interface Taken {
  readonly isWalked: boolean;
  readonly casts: readonly ClaimedCast[];
}

/**
 * Claims, and then reads what was claimed. Not in one statement, which would see casts as they were
 * when it began, and versions as they are: a change in between would be taken for looked at. Sets
 * stay what they are until it is over: what was claimed of one that is left, or by a selection that is
 * replaced, would be passed over by the walk of what comes, and then be taken off the queue.
 */
async function takeNoted(client: PoolClient, request: ClaimRequest): Promise<Taken | undefined> {
  const { setId, leaseId, limit, leaseMs } = request;
  await client.query(KEEP_SETS);
  const [set] = (await client.query(SELECT_SET, [setId])).rows;
  if (set === undefined) return undefined;
  const { rows } = await client.query(TAKE_NOTED, [limit, leaseId, leaseMs]);
  return { isWalked: set.is_walked, casts: await readContents(client, setId, rows) };
}

/** Claims casts, see `EmbeddingStore`. @throws {EmbeddingError} `superseded` */
export async function claim(
  connections: Connections,
  request: ClaimRequest,
): Promise<readonly ClaimedCast[]> {
  const { setId, limit } = request;
  const claimed: ClaimedCast[] = [];
  const startedAt = performance.now();
  for (let step = 0; ; step += 1) {
    const rest = { ...request, limit: limit - claimed.length };
    const taken = await connections.transact((client) => takeNoted(client, rest));
    if (taken === undefined) throw superseded(setId);
    claimed.push(...taken.casts);
    // What is claimed waits for the walk no longer than a step.
    const isEnough = claimed.length >= limit || (claimed.length > 0 && step > 0);
    const isLate = performance.now() - startedAt > MAX_WALK_MS;
    if (isEnough || taken.isWalked || isLate) return claimed;
    if (!(await walkOn(connections, setId))) await delay(OTHERS_MS);
  }
}

function superseded(setId: number): EmbeddingError {
  return new EmbeddingError(
    "superseded",
    `Another embedder has taken up another set of vectors in place of set ${setId}. Stop one of them, or let both use the same model, version and recipe`,
  );
}
