// Changes of what is embedded, one after the other, and never in the way of a sync for long.
import { setTimeout as delay } from "node:timers/promises";
import { StorageError } from "@snaprag/storage";
import type { PoolClient } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { LIMIT_LOCK_WAIT } from "./triggers.ts";

const LOCK =
  "select pg_advisory_xact_lock(hashtext('snaprag embeddings'), hashtext(current_schema()))";

/** Most attempts: with the wait of each, a minute. */
const MAX_ATTEMPTS = 30;

/** Time that writers have for themselves between two attempts, in milliseconds. */
const PAUSE_MS = 500;

function isInTheWay(error: unknown): boolean {
  return (
    error instanceof StorageError && (error.code === "lock_timeout" || error.code === "deadlock")
  );
}

/**
 * Runs work in a transaction, while nobody else does this. Where others do not let go of what it
 * wants in time, everything is undone and tried again.
 *
 * @throws {StorageError} `lock_timeout` when they do not within a minute
 */
export async function underLock<Result>(
  { transact }: Connections,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transact(async (client) => {
        await client.query(LOCK);
        await client.query(LIMIT_LOCK_WAIT);
        return await work(client);
      });
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isInTheWay(error)) throw error;
    }
    await delay(PAUSE_MS);
  }
}
