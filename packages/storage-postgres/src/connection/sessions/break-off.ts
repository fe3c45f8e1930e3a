// Statements that are broken off: a server would go on with one for hours, whoever has gone.
import { setTimeout as delay } from "node:timers/promises";
import type { Client, PoolClient } from "pg";
import type { Backend } from "./connection-options.ts";

/** How often a session is told again to break off, in milliseconds: it may have been between two statements. */
const AGAIN_MS = 100;

/** How another session is come by. */
interface Reach {
  readonly backend: Backend;
  connect(): Promise<Client>;
}

/** A session of this process, and what it is to do until a signal aborts. */
export interface BreakableWork<Result> {
  readonly session: Client | PoolClient;
  readonly work: () => Promise<Result>;
  readonly signal: AbortSignal | undefined;
}

/** Has the server break off what a session does, until that is over. Over a session of its own: the pool may be closed. */
export async function breakOff(
  { connect }: Pick<Reach, "connect">,
  { pid, isOver }: { readonly pid: unknown; readonly isOver: () => boolean },
): Promise<void> {
  const session = await connect();
  try {
    while (!isOver()) {
      await session.query("select pg_cancel_backend($1)", [pid]);
      await delay(AGAIN_MS);
    }
  } finally {
    await session.end();
  }
}

/**
 * Runs work in a session and, when the signal aborts, has the server break off what that does: it then rejects with
 * the signal's reason. What a build has made by then, the server takes back, or leaves invalid for the next
 * one to drop. An embedded database has one session for all, which is let go on.
 */
export async function untilBrokenOff<Result>(
  connections: Reach,
  { session, work, signal }: BreakableWork<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  if (signal === undefined || connections.backend !== "server") return work();
  const { rows } = await session.query("select pg_backend_pid() as pid");
  let isOver = false;
  const onAbort = () => {
    const breaking = breakOff(connections, { pid: rows[0]?.pid, isOver: () => isOver });
    // A server that takes no more sessions goes on with the work, and this waits for it.
    breaking.catch(() => undefined);
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    isOver = true;
    signal.removeEventListener("abort", onAbort);
  }
}

/** Whether something was thrown because a signal has aborted. */
export function isReason(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && error === signal.reason;
}

/**
 * Waits for what a task comes to; until it says that it has begun, no longer than until the signal aborts:
 * it then rejects with the reason, and the task has to see to it that nothing comes of it.
 */
export async function untilBegun<Result>(
  signal: AbortSignal,
  task: (begin: () => void) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  let begin: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    begin = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([task(begin), aborted]);
  } finally {
    begin();
  }
}
