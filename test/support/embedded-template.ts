// An embedded database that is made once for a whole test run, for tests to begin with a copy of.
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import { inject } from "vitest";
import "./provided-context.ts";

/** How often it is seen whether another worker has made it, in milliseconds. */
const POLL_MS = 50;

/** Makes the database in a folder that is there only when it is whole. */
async function make(making: string, made: string): Promise<void> {
  try {
    const folder = join(making, "db");
    const database = await openEmbeddedDatabase({ folder, holder: "a test" });
    const store = createPostgresStore(database.storeOptions);
    await store.migrate();
    await store.close();
    await database.close();
    await rename(folder, made);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** Whoever comes first makes it; others wait. */
async function findTemplate(): Promise<string> {
  const made = join(inject("templateFolder"), "db");
  const making = join(inject("templateFolder"), "making");
  while (!existsSync(made)) {
    const isMine = await mkdir(making).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    if (!isMine) await delay(POLL_MS);
    else if (existsSync(made)) await rm(making, { recursive: true });
    else await make(making, made);
  }
  return made;
}

/**
 * Puts an embedded database into a folder that is not there yet: with the tables of a mirror, and
 * nothing in them. To make one anew takes several seconds of a processor, ten times as much as a copy.
 */
export async function copyEmbeddedDatabase(folder: string): Promise<void> {
  await cp(await findTemplate(), folder, { recursive: true });
}
