// The two kinds of database that the program works with, as its flags and folders name them.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { createTestDatabase } from "../../../../test/support/test-database.ts";
import { runCli } from "./built-cli.ts";
import type { TemporaryFolder } from "./temporary-folder.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

/** A working folder and an empty database for one test. */
export interface Workplace extends AsyncDisposable {
  readonly folder: string;
  /** Flags that name the database; none for the embedded one. */
  readonly databaseFlags: readonly string[];
}

/** A database on the run's PostgreSQL server. */
export async function onServer(): Promise<Workplace> {
  const folder = createTemporaryFolder();
  const database = await createTestDatabase();
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

/** The embedded database in the working folder: a copy, because making one takes seconds. */
export async function embedded(): Promise<Workplace> {
  template ??= makeTemplate();
  const workplace = await inEmptyFolder();
  cpSync(await template, join(workplace.folder, ".snaprag"), { recursive: true });
  return workplace;
}

let template: Promise<string> | undefined;

async function makeTemplate(): Promise<string> {
  const folder = createTemporaryFolder();
  process.once("exit", () => folder[Symbol.dispose]());
  const { exitCode, stderr } = await runCli(["migrate"], { folder: folder.path });
  if (exitCode !== 0) throw new Error(`The embedded database cannot be made: ${stderr}`);
  return join(folder.path, ".snaprag");
}

/** Both kinds, to run a test on each. */
export const DATABASES: readonly (readonly [string, () => Promise<Workplace>])[] = [
  ["PostgreSQL", onServer],
  ["the embedded database", embedded],
];
