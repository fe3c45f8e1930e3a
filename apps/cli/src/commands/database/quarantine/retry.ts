import { hostname } from "node:os";
import type { QuarantineRecord, Store } from "@snaprag/storage";
import { CliError } from "../../../errors/cli-error.ts";
import { createOutput, toJson } from "../../../output.ts";
import type { Invocation } from "../../program/cli-context.ts";
import { databaseTargetOf } from "../database-target.ts";
import { openDatabase } from "../open-database.ts";
import { collectQuarantined, unknownIds } from "./find-quarantined.ts";
import { recordLines, recordToObject } from "./record-report.ts";

/** Flags of `snaprag quarantine retry`. */
export interface RetryFlags {
  readonly ids: readonly bigint[];
  readonly all?: true;
  readonly json?: true;
  readonly devnet?: true;
}

/**
 * `snaprag quarantine retry`: processes messages again.
 *
 * Takes no sync lock: a replay joins rows at its own position and waits for the blocks of its shard,
 * so that it is safe beside a sync. The embedded database has one session for all, so that there a
 * running sync refuses it.
 */
export async function runRetry(
  { context, settings }: Invocation,
  flags: RetryFlags,
): Promise<void> {
  expectOneChoice(flags);
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const holder = `snaprag quarantine retry on ${hostname()}`;
  await using database = await openDatabase(target, { holder });
  const ids = flags.all ? undefined : flags.ids;
  if (ids) await expectKnown(database.store, ids);
  const { retryQuarantined } = await import("@snaprag/sync");
  const tried: QuarantineRecord[] = [];
  for await (const record of retryQuarantined({ store: database.store, ids })) tried.push(record);
  report({ context, settings }, flags, tried);
}

function expectOneChoice({ ids, all }: RetryFlags): void {
  if (ids.length > 0 !== Boolean(all)) return;
  throw new CliError("usage", "Expected either ids of messages or --all.", {
    advice: "See `snaprag quarantine list` for the ids.",
  });
}

async function expectKnown(store: Store, ids: readonly bigint[]): Promise<void> {
  const records = await collectQuarantined(store, { ids });
  const known = new Set(records.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw unknownIds(unknown);
}

function report(
  { context }: Invocation,
  { json }: RetryFlags,
  tried: readonly QuarantineRecord[],
): void {
  const output = createOutput(context.stdout, context.stderr);
  const resolved = tried.filter(({ status }) => status === "resolved").length;
  const open = tried.length - resolved;
  if (json) {
    output.line(toJson({ resolved, open, quarantined: tried.map(recordToObject) }));
    return;
  }
  if (tried.length > 0) for (const line of recordLines(tried)) output.line(line);
  output.line(`${resolved} resolved, ${open} still open.`);
}
