import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";
import type { StorageError, Store } from "@snaprag/storage";
import { CliError, isNamed } from "../../errors/cli-error.ts";
import { createOutput } from "../../output.ts";
import type { Invocation } from "../program/cli-context.ts";
import type { DatabaseTarget, EmbeddedTarget } from "./database-target.ts";
import { databaseTargetOf, placeOf } from "./database-target.ts";
import { brokenDatabase, openDatabase } from "./open-database.ts";

/** The file that every PostgreSQL data folder has. */
const POSTGRES_MARK = "PG_VERSION";

/** Flags of `snaprag reset`. */
export interface ResetFlags {
  readonly force?: true;
}

/** `snaprag reset --force`: removes the mirror. Refuses while a sync runs. */
export async function runReset(
  { context, settings }: Invocation,
  flags: ResetFlags,
): Promise<void> {
  const target = databaseTargetOf(settings, context);
  const output = createOutput(context.stdout, context.stderr);
  if (!flags.force) {
    throw new CliError("usage", `This would delete ${describeLoss(target)}.`, {
      advice: "Add --force to delete it.",
    });
  }
  if (target.kind === "embedded") await deleteFolder(target);
  else await dropRelations(target);
  output.line(`Deleted ${describeLoss(target)}.`);
}

/** Removes every relation of a mirror, alone with it so that no sync is writing. */
export async function resetStore(store: Store, holder: string): Promise<void> {
  // The lock's holder is recorded in a relation of the current schema version.
  await store.migrate();
  await using _lock = await store.acquireSyncLock(holder);
  await store.reset();
}

function describeLoss(target: DatabaseTarget): string {
  if (target.kind === "embedded") return `the embedded database in ${target.shownFolder}`;
  return `every relation of the mirror in schema "${target.schema}" of ${placeOf(target)}`;
}

async function dropRelations(target: DatabaseTarget): Promise<void> {
  const holder = `snaprag reset on ${hostname()} (pid ${process.pid})`;
  await using database = await openDatabase(target, { holder });
  await resetStore(database.store, holder);
}

async function deleteFolder(target: EmbeddedTarget): Promise<void> {
  const { folder } = target;
  if (existsSync(folder)) {
    expectDatabase(target);
    await expectNobodyInside(target);
  }
  await rm(folder, { recursive: true, force: true });
}

/** Opening would fill a folder that is none of ours, and deleting it is not for us. */
function expectDatabase({ folder, shownFolder }: EmbeddedTarget): void {
  const names = readdirSync(folder);
  if (names.length === 0 || names.includes(POSTGRES_MARK)) return;
  throw new CliError("usage", `What is in ${shownFolder} is not an embedded database.`, {
    advice: "Correct `database.embedded_folder`, or delete the folder yourself.",
  });
}

/** Opening it is what shows that nobody else has it open. */
async function expectNobodyInside({ folder, shownFolder }: EmbeddedTarget): Promise<void> {
  const { openEmbeddedDatabase } = await import("@snaprag/storage-postgres/embedded");
  try {
    const database = await openEmbeddedDatabase({
      folder,
      holder: `snaprag reset on ${hostname()}`,
    });
    await database.close();
  } catch (error) {
    if (!isNamed<StorageError>(error, "StorageError") || error.code === "locked") throw error;
    // A database too broken to be opened is one more reason to delete it. What the system objects to
    // leaves open whether somebody else has it.
    if (error.code !== "connection") throw brokenDatabase(error, shownFolder);
  }
}
