import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { StorageError } from "@snaprag/storage";
import { isNamed } from "../../errors/cli-error.ts";
import type { DatabaseTarget } from "./database-target.ts";
import type { OpenDatabase } from "./open-database.ts";
import { openDatabase } from "./open-database.ts";

/** Creating an embedded database takes seconds on a slow machine. */
const OWNER_START_MS = 20_000;
const RETRY_MS = 200;

/** SQLSTATE of a relation that does not exist. */
export const UNDEFINED_TABLE = "42P01";

/** A look at a database, whoever else has it open. */
export interface Look<Found> {
  /** What this process is. */
  readonly holder: string;
  /** Only looks: the session may be another process's. */
  readonly read: (database: OpenDatabase) => Promise<Found>;
}

/**
 * Looks at a database without changing or creating it; undefined when no sync has prepared it.
 *
 * A sync that is just starting has the embedded database before it lets others look at it, so that
 * one is asked again for a while.
 */
export async function lookAtDatabase<Found>(
  target: DatabaseTarget,
  look: Look<Found>,
): Promise<Found | undefined> {
  const giveUpAt = Date.now() + OWNER_START_MS;
  while (true) {
    try {
      return await lookOnce(target, look);
    } catch (error) {
      if (!isNamed<StorageError>(error, "StorageError")) throw error;
      const isStarting = target.kind === "embedded" && error.code === "connection";
      if (!isStarting || Date.now() > giveUpAt) throw error;
      await delay(RETRY_MS);
    }
  }
}

async function lookOnce<Found>(
  target: DatabaseTarget,
  { holder, read }: Look<Found>,
): Promise<Found | undefined> {
  // Opening would create it.
  if (target.kind === "embedded" && !existsSync(target.folder)) return undefined;
  await using database = await openDatabase(target, { holder, isGuestAllowed: true });
  try {
    return await read(database);
  } catch (error) {
    if (!isNamed<StorageError>(error, "StorageError") || error.sqlState !== UNDEFINED_TABLE) {
      throw error;
    }
    // Relations are missing too for a user who may not use their schema, which this says then.
    await database.store.findNetwork();
    return undefined;
  }
}
