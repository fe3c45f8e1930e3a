import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { ShardProgress, StorageError, Store } from "@snaprag/storage";
import { isNamed } from "../../errors.ts";
import { createOutput, toJson } from "../../output.ts";
import type { Invocation } from "../cli-context.ts";
import type { DatabaseTarget } from "../database/database-target.ts";
import { databaseTargetOf, placeOf } from "../database/database-target.ts";
import { openDatabase } from "../database/open-database.ts";
import type { MirrorStatus } from "./status-report.ts";
import { statusLines, statusToObject } from "./status-report.ts";

/** Flags of `snaprag status`. */
export interface StatusFlags {
  readonly json?: true;
  readonly devnet?: true;
}

const NOTHING: MirrorStatus = { shards: [], tables: new Map() };

/** Creating an embedded database takes seconds on a slow machine. */
const OWNER_START_MS = 20_000;
const RETRY_MS = 200;

/** SQLSTATE of a relation that does not exist. */
const UNDEFINED_TABLE = "42P01";

/** `snaprag status`: how far the mirror has come, whether or not a sync runs. */
export async function runStatus(
  { context, settings }: Invocation,
  flags: StatusFlags,
): Promise<void> {
  const { folder } = context;
  const output = createOutput(context.stdout, context.stderr);
  const target = databaseTargetOf(settings, { folder, isDevnet: flags.devnet });
  const status = await readPatiently(target);
  if (flags.json) {
    output.line(toJson(statusToObject(status, new Date())));
  } else if (status.shards.length === 0) {
    output.line(`Nothing is mirrored yet in ${placeOf(target)}; \`snaprag sync\` starts.`);
    if (target.kind === "embedded" && !flags.devnet) {
      output.line(
        "The mirror of `snaprag sync --devnet` is elsewhere: see `snaprag status --devnet`.",
      );
    }
  } else {
    for (const line of statusLines(status, new Date())) output.line(line);
  }
}

/** A sync that is just starting has the embedded database before it lets others look at it. */
async function readPatiently(target: DatabaseTarget): Promise<MirrorStatus> {
  const giveUpAt = Date.now() + OWNER_START_MS;
  while (true) {
    try {
      return await readStatus(target);
    } catch (error) {
      const isConnection =
        isNamed<StorageError>(error, "StorageError") && error.code === "connection";
      if (target.kind !== "embedded" || !isConnection || Date.now() > giveUpAt) throw error;
      await delay(RETRY_MS);
    }
  }
}

async function readStatus(target: DatabaseTarget): Promise<MirrorStatus> {
  // Opening would create it.
  if (target.kind === "embedded" && !existsSync(target.folder)) return NOTHING;
  const holder = `snaprag status on ${hostname()}`;
  await using database = await openDatabase(target, { holder, isGuestAllowed: true });
  const shards = await listShards(database.store);
  if (shards === undefined) return NOTHING;
  return { shards, tables: await database.store.countRows() };
}

/** The shards; undefined in a database that no sync has prepared. */
async function listShards(store: Store): Promise<readonly ShardProgress[] | undefined> {
  try {
    return await store.listShards();
  } catch (error) {
    if (isNamed<StorageError>(error, "StorageError") && error.sqlState === UNDEFINED_TABLE)
      return undefined;
    throw error;
  }
}
