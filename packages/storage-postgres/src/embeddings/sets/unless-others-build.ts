// Building and dropping indexes where that need not be now.
import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { fromPostgresError } from "../../connection/postgres-errors.ts";
import { TRY_LOCK } from "../../write/indexes.ts";

/**
 * Runs work as `whileNobodyBuilds` does, but not at all while somebody else builds, which may take
 * hours. Returns whether it did. For servers.
 */
export async function unlessOthersBuild(
  connections: Connections,
  work: (session: Client) => Promise<void>,
): Promise<boolean> {
  const session = await connections.connect();
  try {
    if (!(await session.query(TRY_LOCK, ["snaprag indexes"])).rows[0]?.is_mine) return false;
    await session.query("set statement_timeout to 0");
    await work(session);
    return true;
  } catch (error) {
    throw fromPostgresError(error);
  } finally {
    await session.end();
  }
}
