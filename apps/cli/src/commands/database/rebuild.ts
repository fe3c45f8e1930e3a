import { existsSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import type { RebuiltRelation } from "@snaprag/storage";
import { CliError } from "../../errors/cli-error.ts";
import { createOutput, toJson } from "../../output.ts";
import { formatCount } from "../../screen/format-quantity.ts";
import { textTable } from "../../screen/text-table.ts";
import type { Invocation } from "../program/cli-context.ts";
import type { DatabaseTarget } from "./database-target.ts";
import { databaseTargetOf, placeOf } from "./database-target.ts";
import { openDatabase } from "./open-database.ts";

/** Flags of `snaprag rebuild`. */
export interface RebuildFlags {
  readonly json?: true;
  readonly devnet?: true;
}

/**
 * `snaprag rebuild`: derives anew what the mirror derives from its messages, and tells what that
 * changed. Fails with `rows_differed` when it was anything. Refuses while a sync runs.
 */
export async function runRebuild(
  { context, settings }: Invocation,
  flags: RebuildFlags,
): Promise<void> {
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const output = createOutput(context.stdout, context.stderr);
  const relations = await rebuild(target);
  const changedCount = relations.reduce((sum, relation) => sum + relation.changedCount, 0);
  if (flags.json) {
    output.line(toJson(rebuiltToObject(relations, changedCount)));
  } else if (relations.every(({ rowCount }) => rowCount === 0) && changedCount === 0) {
    output.line(`Nothing is mirrored yet in ${placeOf(target)}; \`snaprag sync\` starts.`);
  } else {
    for (const line of rebuiltLines(relations)) output.line(line);
    if (changedCount === 0) output.line("Every row was what the messages say.");
  }
  if (changedCount > 0) throw rowsDiffered(changedCount);
}

async function rebuild(target: DatabaseTarget): Promise<readonly RebuiltRelation[]> {
  // Opening would create it.
  if (target.kind === "embedded" && !existsSync(target.folder)) return [];
  const holder = `snaprag rebuild on ${hostname()} (pid ${process.pid})`;
  await using database = await openDatabase(target, { holder });
  const { store } = database;
  // What is rebuilt are relations of the current schema version.
  await store.migrate();
  await using _lock = await store.acquireSyncLock(holder);
  return await store.rebuild();
}

/** The outcome for machines. Fields are only ever added. */
function rebuiltToObject(relations: readonly RebuiltRelation[], changedCount: number): object {
  return {
    changed: changedCount,
    relations: relations.map((relation) => ({
      relation: relation.relation,
      rows: relation.rowCount,
      changed: relation.changedCount,
    })),
  };
}

function rebuiltLines(relations: readonly RebuiltRelation[]): readonly string[] {
  const rows = relations.map(({ relation, rowCount, changedCount }) => [
    relation,
    formatCount(rowCount),
    formatCount(changedCount),
  ]);
  return textTable(["relation", "rows", "changed"], rows);
}

function rowsDiffered(changedCount: number): CliError {
  const what = `${formatCount(changedCount)} derived rows were not what the messages say; now they are.`;
  return new CliError("rows_differed", what, {
    advice: "If nobody but snaprag writes to these relations, this is a bug: please report it.",
  });
}
