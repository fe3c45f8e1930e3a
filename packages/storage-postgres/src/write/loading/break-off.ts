// Builds that are broken off: a server would go on with one for hours, whoever has gone.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";

/** How often a session is told again to break off, in milliseconds: it may have been between two statements. */
const AGAIN_MS = 100;

/** A session of this process, and what it is to do until a signal aborts. */
export interface BreakableWork {
  readonly session: Client;
  readonly work: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** Has the server break off what a session does, until that is over. Over a session of its own: the pool may be closed. */
async function breakOff(
  { connect }: Pick<Connections, "connect">,
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
export async function untilBrokenOff(
  connections: Pick<Connections, "backend" | "connect">,
  { session, work, signal }: BreakableWork,
): Promise<void> {
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
    await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    isOver = true;
    signal.removeEventListener("abort", onAbort);
  }
}
