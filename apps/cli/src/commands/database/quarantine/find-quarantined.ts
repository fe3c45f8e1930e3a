import type { QuarantineFilter, QuarantineRecord, Store } from "@snaprag/storage";
import { CliError } from "../../../errors/cli-error.ts";

/** All messages in quarantine that a filter lets through. */
export async function collectQuarantined(
  store: Store,
  filter: QuarantineFilter,
): Promise<readonly QuarantineRecord[]> {
  const records: QuarantineRecord[] = [];
  for await (const record of store.listQuarantined(filter)) records.push(record);
  return records;
}

/** That no message in quarantine has these ids. */
export function unknownIds(ids: readonly bigint[]): CliError {
  return new CliError("usage", `No message in quarantine has the id ${ids.join(" or ")}.`, {
    advice: "See `snaprag quarantine list` for those there are.",
  });
}
