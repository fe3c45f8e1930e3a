// Who writes to one schema: sessions, advisory locks, and signs of life.
import { randomInt } from "node:crypto";
import type { SyncLock } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { QueryConfig, QueryResult } from "pg";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { untilBrokenOff } from "../connection/sessions/break-off.ts";

const SCHEMA_KEY = "hashtext('snaprag sync'), hashtext(current_schema())";
const TRY_ALONE = `select pg_try_advisory_lock(${SCHEMA_KEY}) as is_in`;
const TRY_TOGETHER = `select pg_try_advisory_lock_shared(${SCHEMA_KEY}) as is_in`;
/** In a session that all share, such locks keep nobody out. */
const IS_EMPTY =
  "select not exists (select from sync_members where (is_alone or $1) and sync_is_alive(id)) as is_in";

const OLDEST_MEMBER =
  "select holder, joined_at from sync_members where sync_is_alive(id) order by joined_at limit 1";
/** Who keeps a lock without a sign of life: a process that has been stopped, or whose machine is away. */
const SILENT_MEMBER = `
select activity.pid, host(activity.client_addr) as address, activity.client_port as port
from pg_locks locks join pg_stat_activity activity using (pid)
where locks.locktype = 'advisory' and locks.granted and locks.objsubid = 2 and locks.pid <> pg_backend_pid()
  and locks.database = (select oid from pg_database where datname = current_database())
  and locks.classid::int8 = hashtext('snaprag sync')::int8 & 4294967295
  and locks.objid::int8 = hashtext(current_schema())::int8 & 4294967295
order by activity.backend_start limit 1`;
const FORGET_DEAD = `
with dead as (delete from sync_members where not sync_is_alive(id) returning id)
delete from sync_leases where member_id in (select id from dead)`;
const FORGET = `
with left_over as (delete from sync_leases where member_id = $1)
delete from sync_members where id = $1`;
const LOCK_MEMBER = "select pg_advisory_lock(hashtext('snaprag member'), $1)";
const UNLOCK_MEMBER = "select pg_advisory_unlock(hashtext('snaprag member'), $1)";
const RENEW = `
insert into sync_members (id, holder, is_alone, expires_at)
values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
on conflict (id) do update set expires_at = excluded.expires_at`;

/** Signs of life in the time of a lease: two may be lost. */
const RENEWALS_PER_LEASE = 3;

/** Runs statements in the session that a member's locks belong to. */
interface MemberSession {
  query(statement: string | QueryConfig): Promise<QueryResult>;
  /** Rejects when the session ends by itself. */
  readonly lost: Promise<never>;
  /** Runs work over it, which the server breaks off when the signal aborts. */
  until<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result>;
  end(): Promise<void>;
}

/** A process that writes to a schema. */
export interface Member extends SyncLock {
  readonly id: number;
}

/** How a process becomes a member. */
export interface JoinOptions {
  readonly holder: string;
  /** Whether nobody else may be a member meanwhile. */
  readonly isAlone: boolean;
  /**
   * Time without a sign of life after which a member counts as dead, and without an answer to one after
   * which the server does, in milliseconds.
   */
  readonly leaseMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The server frees the locks the moment the connection ends, also when the process is killed. */
async function openServerSession(
  connections: Connections,
  { signal }: JoinOptions,
): Promise<MemberSession> {
  const session = await connections.until(signal).connect();
  const lost = new Promise<never>((_, reject) => {
    // A connection that ends reports it more than once, and each report wants a listener.
    session.on("error", (error) => reject(fromPostgresError(error)));
  });
  const query = async (statement: string | QueryConfig) => {
    try {
      return await session.query(statement);
    } catch (error) {
      throw fromPostgresError(error);
    }
  };
  return {
    query,
    lost,
    until: (signal, work) => untilBrokenOff(connections, { session, work, signal }),
    end: () => session.end(),
  };
}

function sharedSession({ query }: Connections): MemberSession {
  return {
    query,
    lost: new Promise<never>(() => undefined),
    async until(signal, work) {
      signal?.throwIfAborted();
      return await work();
    },
    end: async () => undefined,
  };
}

/** Where a session comes from, as far as this user is shown it. */
function placeOf({ address, port }: { readonly address?: string; readonly port?: number }): string {
  if (address) return `, connected from ${address}`;
  // PostgreSQL's number for a Unix socket.
  return port === -1 ? ", connected on its machine" : "";
}

/** Who is in the way, for a person to find. */
async function nameHolder({ query }: MemberSession): Promise<string> {
  const [oldest] = (await query(OLDEST_MEMBER)).rows;
  if (oldest) return `${oldest.holder}, since ${oldest.joined_at.toISOString()},`;
  const [silent] = (await query(SILENT_MEMBER)).rows;
  if (!silent) return "Another process";
  return `A process that gives no sign of life (server process ${silent.pid}${placeOf(silent)})`;
}

async function expectIn(
  connections: Connections,
  session: MemberSession,
  { isAlone }: JoinOptions,
): Promise<void> {
  const onServer = isAlone ? TRY_ALONE : TRY_TOGETHER;
  const attempt =
    connections.backend === "server" ? onServer : { text: IS_EMPTY, values: [isAlone] };
  const [answer] = (await session.query(attempt)).rows;
  if (answer?.is_in) return;
  const holder = await nameHolder(session);
  throw new StorageError("locked", `${holder} syncs into this database`, { holder });
}

/** Becomes a member in an open session; returns how to give signs of life. */
async function enter(connections: Connections, session: MemberSession, options: JoinOptions) {
  await expectIn(connections, session, options);
  const { holder, isAlone, leaseMs } = options;
  const id = randomInt(1, 2 ** 31 - 1);
  await session.query({ text: LOCK_MEMBER, values: [id] });
  const renew = () => session.query({ text: RENEW, values: [id, holder, isAlone, leaseMs] });
  await renew();
  await session.query(FORGET_DEAD);
  return { id, renew };
}

async function leave({ query, end }: MemberSession, id: number): Promise<void> {
  // Where the session is gone, so are its locks, and nobody takes the member for alive.
  await query({ text: FORGET, values: [id] }).catch(() => {});
  await query({ text: UNLOCK_MEMBER, values: [id] }).catch(() => {});
  await end();
}

/**
 * Ends every connection to a server that is gone without a word. What is on its way to it, the system
 * would send again and again for a quarter of an hour; asking whether it is there (keepalive) waits for that.
 */
function giveUp(connections: Connections, leaseMs: number): void {
  // An embedded one is in this process, or as near, and has one session, in which a renewal waits its turn.
  if (connections.backend !== "server") return;
  connections.giveUp(`The database has answered nothing for ${leaseMs / 1000} seconds`);
}

/** Gives signs of life; where the server answers none of them for the time of a lease, it counts as gone. */
function renewRegularly(
  connections: Connections,
  { renew, leaseMs }: { readonly renew: () => Promise<unknown>; readonly leaseMs: number },
): NodeJS.Timeout {
  // Counted, not timed: a process that was stopped itself finds the answers there when it goes on.
  let unansweredCount = 0;
  const onTime = () => {
    if (unansweredCount >= RENEWALS_PER_LEASE) return giveUp(connections, leaseMs);
    unansweredCount += 1;
    const onAnswer = () => {
      unansweredCount = 0;
    };
    // One that fails is made up for by the next, and the end of the session is told by itself.
    renew().then(onAnswer, onAnswer);
  };
  return setInterval(onTime, leaseMs / RENEWALS_PER_LEASE).unref();
}

/**
 * Makes this process a member of those that write to the schema.
 *
 * @throws {StorageError} `locked` when it cannot be, with a member that keeps it out
 */
export async function join(connections: Connections, options: JoinOptions): Promise<Member> {
  const session =
    connections.backend === "server"
      ? await openServerSession(connections, options)
      : sharedSession(connections);
  const { lost } = session;
  // Not every holder waits for it; an unhandled rejection would end the process.
  lost.catch(() => undefined);
  const { leaseMs, signal } = options;
  const entering = session.until(signal, () => enter(connections, session, options));
  const { id, renew } = await entering.catch(async (error) => {
    await session.end();
    throw error;
  });
  const renewals = renewRegularly(connections, { renew, leaseMs });
  let ended: Promise<void> | undefined;
  const leaveInTime = async () => {
    clearInterval(renewals);
    const timer = setTimeout(() => giveUp(connections, leaseMs), leaseMs);
    await leave(session, id).finally(() => clearTimeout(timer));
  };
  const release = () => {
    ended ??= leaveInTime();
    return ended;
  };
  return { id, lost, release, [Symbol.asyncDispose]: release };
}
