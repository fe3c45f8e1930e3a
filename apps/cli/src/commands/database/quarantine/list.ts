import { hostname } from "node:os";
import type { QuarantineRecord } from "@snaprag/storage";
import { createOutput, toJson } from "../../../output.ts";
import type { Invocation } from "../../program/cli-context.ts";
import { databaseTargetOf } from "../database-target.ts";
import { lookAtDatabase } from "../look-at-database.ts";
import { collectQuarantined } from "./find-quarantined.ts";
import { recordLines, recordToObject } from "./record-report.ts";

/** Flags of `snaprag quarantine list`. */
export interface ListFlags {
  readonly reason?: string;
  readonly limit: number;
  readonly json?: true;
  readonly devnet?: true;
}

/** `snaprag quarantine list`: what is set aside and open, whether or not a sync runs. */
export async function runList({ context, settings }: Invocation, flags: ListFlags): Promise<void> {
  const { limit, reason } = flags;
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const found = await lookAtDatabase(target, {
    holder: `snaprag quarantine list on ${hostname()}`,
    // One more, to know whether there are more.
    read: ({ store }) => collectQuarantined(store, { status: "open", reason, limit: limit + 1 }),
  });
  const records: readonly QuarantineRecord[] = (found ?? []).slice(0, limit);
  const isCutOff = (found ?? []).length > limit;
  const output = createOutput(context.stdout, context.stderr);
  if (flags.json) {
    output.line(toJson({ quarantined: records.map(recordToObject), isCutOff }));
    return;
  }
  if (records.length === 0) output.line("Nothing is in quarantine.");
  else for (const line of recordLines(records)) output.line(line);
  if (isCutOff) output.line(`These are the first ${limit}; --limit shows more.`);
}
