import { hostname } from "node:os";
import { createOutput } from "../../output.ts";
import type { Invocation } from "../program/cli-context.ts";
import { databaseTargetOf, placeOf } from "./database-target.ts";
import { openDatabase } from "./open-database.ts";

/** `snaprag migrate`: creates the database's relations, or upgrades them. */
export async function runMigrate({ context, settings }: Invocation): Promise<void> {
  const target = databaseTargetOf(settings, context);
  const holder = `snaprag migrate on ${hostname()}`;
  await using database = await openDatabase(target, { holder });
  await database.store.migrate();
  const { SCHEMA_VERSION } = await import("@snaprag/storage-postgres");
  const output = createOutput(context.stdout, context.stderr);
  output.line(`${placeOf(target)} is at schema version ${SCHEMA_VERSION}.`);
}
