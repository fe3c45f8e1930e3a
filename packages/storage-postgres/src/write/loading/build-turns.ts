// Turns of those who build indexes: one process at a time, by a lock of its session.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { fromPostgresError } from "../../connection/postgres-errors.ts";
import { untilBrokenOff } from "../../connection/sessions/break-off.ts";

const TRY_LOCK = "select pg_try_advisory_lock(hashtext($1), hashtext(current_schema())) as is_mine";

/** Names of the locks of those who build: whoever takes the second has the first. */
type BuildLock = "snaprag indexes" | "snaprag indexes, second hand";

/** How often another process that builds is looked at, in milliseconds. */
const OTHERS_MS = 200;

async function tryTurn(session: Client, lock: BuildLock): Promise<boolean> {
  return (await session.query(TRY_LOCK, [lock])).rows[0]?.is_mine === true;
}

/**
 * Waits until no other process builds, or the signal aborts; returns whether it is this one's turn. By
 * asking again: whoever waits inside of a statement is waited for by the build of an index, for ever.
 */
export async function awaitTurn(
  session: Client,
  lock: BuildLock,
  signal?: AbortSignal,
): Promise<boolean> {
  while (!signal?.aborted) {
    if (await tryTurn(session, lock)) return true;
    await delay(OTHERS_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** How a session builds. */
interface Building {
  /** Returns whether it may. */
  readonly begin: (session: Client) => Promise<boolean>;
  readonly work: (session: Client) => Promise<void>;
  /** Breaks the work off. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs work in a session in which statements take as long as they do, if `begin` lets it. Rejects with
 * the signal's reason where that has broken it off.
 */
async function build(
  connections: Connections,
  { begin, work, signal }: Building,
): Promise<boolean> {
  const session = await connections.connect();
  try {
    if (!(await begin(session))) return false;
    await session.query("set statement_timeout to 0");
    await untilBrokenOff(connections, { session, work: () => work(session), signal });
    // An embedded database has one session for all.
    await session.query(`set statement_timeout to ${connections.statementTimeoutMs}`);
    return true;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw fromPostgresError(error);
  } finally {
    await session.end();
  }
}

/**
 * Runs work that builds, once nobody else does. Rejects with the signal's reason if it aborts before, or
 * while the work goes on, which is broken off.
 */
export async function whileNobodyBuilds(
  connections: Connections,
  work: (session: Client) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const begin = async (session: Client) =>
    connections.backend !== "server" || (await awaitTurn(session, "snaprag indexes", signal));
  if (!(await build(connections, { begin, work, signal }))) signal?.throwIfAborted();
}

/** Work that is to be done once. */
interface WorkOnce {
  readonly isDone: (session: Client) => Promise<boolean>;
  readonly work: (session: Client) => Promise<void>;
}

/** Runs work as {@link whileNobodyBuilds} does, unless others have done it by then. For servers. */
export async function unlessDone(
  connections: Connections,
  { isDone, work }: WorkOnce,
  signal?: AbortSignal,
): Promise<void> {
  let isWanted = true;
  const begin = async (session: Client) => {
    while (!signal?.aborted) {
      isWanted = !(await isDone(session));
      if (!isWanted) return false;
      if (await tryTurn(session, "snaprag indexes")) return true;
      await delay(OTHERS_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  };
  const isBuilt = await build(connections, { begin, work, signal });
  if (!isBuilt && isWanted) signal?.throwIfAborted();
}

/**
 * Runs work as {@link whileNobodyBuilds} does, but not at all while somebody else builds, which may take
 * hours. Returns whether it did. The signal breaks it off. For servers.
 */
export async function unlessOthersBuild(
  connections: Connections,
  work: (session: Client) => Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  const begin = (session: Client) => tryTurn(session, "snaprag indexes");
  return build(connections, { begin, work, signal });
}
