// All relations in memory, and what a batch of changes does to them.
import type { Change, TableName } from "@snaprag/processors";
import { lastPositionOf, TABLE_KEYS } from "@snaprag/processors";
import type { PageBatch, RowChange } from "../batches.ts";
import { NEVER_LISTED } from "../batches.ts";
import type { RowCount } from "../store.ts";
import type { MemoryTable } from "./memory-table.ts";
import { createMemoryTable } from "./memory-table.ts";
import { sweepKeys, sweepLinks } from "./sweeps.ts";

/** One relation for each table. */
export type MemoryTables = { readonly [Table in TableName]: MemoryTable<Table> };

/** Creates empty relations. */
export function createMemoryTables(): MemoryTables {
  // Safety: Object.keys returns exactly the keys of TABLE_KEYS, and each table is made for its name.
  const names = Object.keys(TABLE_KEYS) as TableName[];
  return Object.fromEntries(names.map((name) => [name, createMemoryTable(name)])) as MemoryTables;
}

/** Every relation with its name, rows seen as what all rows have in common. */
function listTables(tables: MemoryTables): [TableName, MemoryTable<TableName>][] {
  // Safety: the entries of `tables` are keyed by table name.
  return Object.entries(tables) as [TableName, MemoryTable<TableName>][];
}

function applyChange(tables: MemoryTables, change: Change): void {
  switch (change.kind) {
    case "merge":
      // Safety: a merge carries a row of its own table.
      (tables[change.table] as MemoryTable<TableName>).merge(change);
      break;
    case "retire":
      // Safety: a retirement carries a row of its own table.
      (tables[change.table] as MemoryTable<TableName>).retire(change);
      break;
    case "sweepLinks":
      sweepLinks(tables, change);
      break;
    case "sweepKeys":
      sweepKeys(tables.signer_keys, change);
      break;
    default:
      change satisfies never;
  }
}

/** Applies changes: merges and retirements first, because sweeps look at what they leave. */
export function applyChanges(tables: MemoryTables, changes: readonly Change[]): void {
  const isSweep = ({ kind }: Change) => kind === "sweepLinks" || kind === "sweepKeys";
  for (const change of changes) if (!isSweep(change)) applyChange(tables, change);
  for (const change of changes) if (isSweep(change)) applyChange(tables, change);
}

/** Retires what the snapshot of a finished page did not list, among the accounts of a partition. */
export function retireUnlisted(
  tables: MemoryTables,
  { height, at }: Pick<PageBatch, "height" | "at">,
  isOfPartition: (fid: bigint) => boolean,
): void {
  const eventId = lastPositionOf(height);
  for (const [name, table] of listTables(tables)) {
    if (NEVER_LISTED.has(name)) continue;
    // No leaf of the trie says that a name is unregistered.
    const isListable = (fid: bigint) => name !== "fname_transfers" || fid !== 0n;
    table.retireWhere(
      ({ fid }, mergedAt) => mergedAt < eventId && isListable(fid) && isOfPartition(fid),
      { reason: "unlisted", eventId, at },
    );
  }
}

/** Writes rows over what is there, and ends others. */
export function repairRows(tables: MemoryTables, changes: readonly RowChange[]): void {
  for (const change of changes) {
    // Safety: a change carries a row of its own table.
    const table = tables[change.table] as MemoryTable<TableName>;
    if (change.kind === "merge") table.replace(change);
    else table.end(change);
  }
}

/** Fids with any row. */
export function listFids(tables: MemoryTables): ReadonlySet<bigint> {
  const fids = new Set<bigint>();
  for (const [, table] of listTables(tables)) for (const { row } of table.list()) fids.add(row.fid);
  return fids;
}

/** Live and total rows of every relation. */
export function countRows(tables: MemoryTables): ReadonlyMap<TableName, RowCount> {
  return new Map(
    listTables(tables).map(([name, table]): [TableName, RowCount] => {
      const rows = table.list();
      const live = rows.filter(({ state }) => state.isLive).length;
      return [name, { live, total: rows.length, isEstimate: false }];
    }),
  );
}
