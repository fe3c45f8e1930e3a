import { hostname } from "node:os";
import { createOutput, onOneLine, toHex, toJson, withoutBigints } from "../../../output.ts";
import type { Invocation } from "../../program/cli-context.ts";
import { databaseTargetOf } from "../database-target.ts";
import { lookAtDatabase } from "../look-at-database.ts";
import { decodeRaw } from "./decode-raw.ts";
import { collectQuarantined, unknownIds } from "./find-quarantined.ts";
import { recordToObject } from "./record-report.ts";

/** Flags of `snaprag quarantine show`. */
export interface ShowFlags {
  readonly id: bigint;
  readonly json?: true;
  readonly devnet?: true;
}

/** `snaprag quarantine show ID`: everything there is of one message, resolved or not. */
export async function runShow({ context, settings }: Invocation, flags: ShowFlags): Promise<void> {
  const { id } = flags;
  const target = databaseTargetOf(settings, { folder: context.folder, isDevnet: flags.devnet });
  const found = await lookAtDatabase(target, {
    holder: `snaprag quarantine show on ${hostname()}`,
    read: ({ store }) => collectQuarantined(store, { ids: [id] }),
  });
  const record = found?.[0];
  if (record === undefined) throw unknownIds([id]);
  const output = createOutput(context.stdout, context.stderr);
  const raw = toHex(record.raw);
  const decoded = decodeRaw(record);
  if (flags.json) {
    output.line(toJson({ ...recordToObject(record), decoded, raw }));
    return;
  }
  for (const [key, value] of Object.entries(recordToObject(record))) {
    output.line(`${key}: ${onOneLine(String(value ?? "-"))}`);
  }
  output.line(`decoded: ${JSON.stringify(withoutBigints(decoded), null, 2)}`);
  output.line(`raw: ${raw}`);
}
