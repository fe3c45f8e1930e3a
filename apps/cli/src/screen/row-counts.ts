import type { RowCount } from "@snaprag/storage";
import { formatCount } from "./format-quantity.ts";

/** Rows of relations for machines: `estimated` only where it is so. */
export function rowCountsToObject(tables: ReadonlyMap<string, RowCount>): object {
  return Object.fromEntries(
    [...tables].map(([table, { live, total, isEstimate }]) => [
      table,
      { live, total, ...(isEstimate ? { estimated: true } : {}) },
    ]),
  );
}

/** A number of rows for people: `~` before an estimate. */
export function formatRows(rows: number, { isEstimate }: RowCount): string {
  return `${isEstimate ? "~" : ""}${formatCount(rows)}`;
}
