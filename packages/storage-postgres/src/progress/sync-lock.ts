import type { SyncLock } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";

const TRY_LOCK =
  "select pg_try_advisory_lock(hashtext('snaprag sync'), hashtext(current_schema())) as is_mine";

async function readHolder({ query }: Connections): Promise<string> {
  const { rows } = await query("select holder, acquired_at from sync_holder");
  if (rows[0] === undefined) return "Another process";
  return `${rows[0].holder}, since ${rows[0].acquired_at.toISOString()},`;
}

function recordHolder({ query }: Connections, holder: string) {
  return query({
    text: `insert into sync_holder (holder) values ($1)
      on conflict (is_only) do update set holder = excluded.holder, acquired_at = now()`,
    values: [holder],
  });
}

function locked(holder: string): StorageError {
  return new StorageError("locked", `${holder} syncs into this database`, { holder });
}

function toLock(lost: Promise<never>, end: () => Promise<void>): SyncLock {
  // Not every holder waits for it; an unhandled rejection would end the process.
  lost.catch(() => undefined);
  let ended: Promise<void> | undefined;
  const release = () => {
    ended ??= end();
    return ended;
  };
  return { lost, release, [Symbol.asyncDispose]: release };
}

/** The server frees the lock the moment its connection ends, also when the process is killed. */
async function lockOnServer(connections: Connections, holder: string): Promise<SyncLock> {
  const session = await connections.connect();
  const lost = new Promise<never>((_, reject) => {
    // A connection that ends reports it more than once, and each report wants a listener.
    session.on("error", (error) => reject(fromPostgresError(error)));
  });
  const lock = toLock(lost, () => session.end());
  const { rows } = await session.query(TRY_LOCK);
  if (!rows[0]?.is_mine) {
    await lock.release();
    throw locked(await readHolder(connections));
  }
  await recordHolder(connections, holder);
  return lock;
}

/** Takes the right to sync into one schema of one database. */
export type AcquireSyncLock = (holder: string) => Promise<SyncLock>;

/**
 * Creates the function that takes the right to sync: an advisory lock on a connection of its own.
 *
 * An embedded database has a single session, and the lock on its folder keeps other processes out;
 * what is left to exclude is this store itself.
 */
export function createSyncLock(connections: Connections): AcquireSyncLock {
  if (connections.backend === "server") return (holder) => lockOnServer(connections, holder);
  let current: string | undefined;
  return async (holder) => {
    if (current !== undefined) throw locked(current);
    current = holder;
    await recordHolder(connections, holder);
    return toLock(new Promise<never>(() => undefined), async () => {
      current = undefined;
    });
  };
}
