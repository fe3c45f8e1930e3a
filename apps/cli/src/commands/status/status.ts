import { hostname } from "node:os";
import type { StorageError } from "@snaprag/storage";
import { isNamed } from "../../errors/cli-error.ts";
import { createOutput, toJson } from "../../output.ts";
import { databaseTargetOf, placeOf } from "../database/database-target.ts";
import { lookAtDatabase, UNDEFINED_TABLE } from "../database/look-at-database.ts";
import type { OpenDatabase } from "../database/open-database.ts";
import type { Invocation } from "../program/cli-context.ts";
import type { MirrorStatus } from "./status-report.ts";
import { statusLines, statusToObject } from "./status-report.ts";

/** Flags of `snaprag status`. */
export interface StatusFlags {
  readonly json?: true;
  readonly devnet?: true;
}

const NOTHING: MirrorStatus = { shards: [], tables: new Map(), embeddings: [] };

/** A mirror that an earlier version has migrated has no place for any yet. */
async function readEmbeddings(database: OpenDatabase): Promise<MirrorStatus["embeddings"]> {
  await using embeddings = await database.openEmbeddings();
  try {
    return await embeddings.readStatus();
  } catch (error) {
    const isOlder =
      isNamed<StorageError>(error, "StorageError") && error.sqlState === UNDEFINED_TABLE;
    if (!isOlder) throw error;
    return [];
  }
}

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
    read: async (database): Promise<MirrorStatus> => ({
      shards: await database.store.listShards(),
      tables: await database.store.countRows(),
      embeddings: await readEmbeddings(database),
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
