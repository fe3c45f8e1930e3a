// How long claimed casts are kept from others.
import type { LeaseId } from "@snaprag/embeddings";
import type { Queryable } from "../extensions.ts";

/**
 * Changes what is held by a lease. What somebody is writing to just now is passed over: a changed cast
 * is free in any case.
 */
function changeHeld(change: string): string {
  return `
with held as (
  select fid, hash from embedding_queue where lease_id = $1
  order by fid, hash for update skip locked
)
update embedding_queue q set ${change} from held where q.fid = held.fid and q.hash = held.hash`;
}

const RELEASE = changeHeld("lease_id = null");
const RENEW = changeHeld("lease_expires_at = clock_timestamp() + $2 * interval '1 millisecond'");

/** Lets others claim what is held by a lease. */
export async function release(session: Queryable, leaseId: LeaseId): Promise<void> {
  await session.query({ text: RELEASE, values: [leaseId] });
}

/** Keeps what is held by a lease from others for so long from now on, in milliseconds. */
export async function renew(session: Queryable, leaseId: LeaseId, leaseMs: number): Promise<void> {
  await session.query({ text: RENEW, values: [leaseId, leaseMs] });
}
