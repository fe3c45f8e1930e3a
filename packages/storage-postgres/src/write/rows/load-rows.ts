// Rows that no page before has listed, so that none can be there.
import type { Change, TableName } from "@snaprag/processors";
import type { Backend } from "../../connection/connections.ts";
import type { Statement } from "../../connection/statements.ts";
import type { Merge } from "./copy-rows.ts";
import { copyRows } from "./copy-rows.ts";
import { groupByTable } from "./folded-rows.ts";
import { writeTable } from "./write-rows.ts";

/** Merges by relation; undefined where something else is to be done to rows, which COPY cannot. */
function groupMerges(
  changes: readonly Change[],
): ReadonlyMap<TableName, readonly Merge[]> | undefined {
  const tables = new Map<TableName, Merge[]>();
  for (const change of changes) {
    if (change.kind !== "merge") return undefined;
    const merges = tables.get(change.table);
    if (merges) merges.push(change);
    else tables.set(change.table, [change]);
  }
  return tables;
}

function insertRows(changes: readonly Change[]): readonly Statement[] {
  return [...groupByTable(changes)].map(([table, rows]) =>
    // Names are asked for account by account besides, which gives again those that pages list.
    writeTable(table, rows, table === "fname_transfers" ? "insert" : "load"),
  );
}

/**
 * Statements for each relation that has rows, which fail when one of them is there and keys are: that spares
 * the database a look before each row, nearly half of its work.
 */
export function loadRows(changes: readonly Change[], backend: Backend): readonly Statement[] {
  // The embedded database's socket takes no COPY.
  const tables = backend === "server" ? groupMerges(changes) : undefined;
  if (tables === undefined) return insertRows(changes);
  return [...tables].flatMap(([table, merges]) =>
    table === "fname_transfers" ? insertRows(merges) : [copyRows(table, merges)],
  );
}
