// The two kinds of database that the program works with, as its flags and folders name them.
import { join } from "node:path";
import { copyEmbeddedDatabase } from "../../../../test/support/embedded-template.ts";
import { createTestDatabase } from "../../../../test/support/test-database.ts";
import type { TemporaryFolder } from "./temporary-folder.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

/** A working folder and an empty database for one test. */
export interface Workplace extends AsyncDisposable {
  readonly folder: string;
  /** Flags that name the database; none for the embedded one. */
  readonly databaseFlags: readonly string[];
}

/** A database on the run's PostgreSQL server; a copy of a workplace's there that nobody has open. */
export async function onServer(copied?: Workplace): Promise<Workplace> {
  const folder = createTemporaryFolder();
  const [, url] = copied?.databaseFlags ?? [];
  const database = await createTestDatabase(url === undefined ? undefined : { url });
  return {
    folder: folder.path,
    databaseFlags: ["--database-url", database.url],
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A working folder in which no database has been made yet; the program would embed one. */
export async function inEmptyFolder(): Promise<Workplace> {
  const folder: TemporaryFolder = createTemporaryFolder();
  return {
    folder: folder.path,
    databaseFlags: [],
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
}

/** The embedded database in the working folder, as `snaprag migrate` makes it. */
export async function embedded(): Promise<Workplace> {
  const workplace = await inEmptyFolder();
  await copyEmbeddedDatabase(join(workplace.folder, ".snaprag/db"));
  return workplace;
}

/** Both kinds, to run a test on each. */
export const DATABASES: readonly (readonly [string, () => Promise<Workplace>])[] = [
  ["PostgreSQL", onServer],
  ["the embedded database", embedded],
];
