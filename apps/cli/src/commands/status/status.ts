import { hostname } from "node:os";
import { createOutput, toJson } from "../../output.ts";
import type { Invocation } from "../cli-context.ts";
import { databaseTargetOf, placeOf } from "../database/database-target.ts";
import { lookAtDatabase } from "../database/look-at-database.ts";
import type { MirrorStatus } from "./status-report.ts";
import { statusLines, statusToObject } from "./status-report.ts";

/** Flags of `snaprag status`. */
export interface StatusFlags {
  readonly json?: true;
  readonly devnet?: true;
}

const NOTHING: MirrorStatus = { shards: [], tables: new Map() };

/** `snaprag status`: how far the mirror has come, whether or not a sync runs. */
export async function runStatus(
  { context, settings }: Invocation,
  flags: StatusFlags,
): Promise<void> {
  const { folder } = context;
  const output = createOutput(context.stdout, context.stderr);
  const target = databaseTargetOf(settings, { folder, isDevnet: flags.devnet });
  const found = await lookAtDatabase(target, {
    holder: `snaprag status on ${hostname()}`,
    read: async (store): Promise<MirrorStatus> => ({
      shards: await store.listShards(),
      tables: await store.countRows(),
    }),
  });
  const status = found ?? NOTHING;
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
