import type { TableName } from "@snaprag/processors";
import { TABLE_KEYS } from "@snaprag/processors";
import type { Store } from "../store.ts";

function toComparable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return Array.from(value).join(" ");
  return value;
}

/** Every row of every relation with its state, as text that is equal exactly when they are. */
export async function readEverything(
  store: Store,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = new Map<string, readonly string[]>();
  // Safety: Object.keys returns exactly the keys of TABLE_KEYS.
  for (const table of Object.keys(TABLE_KEYS) as TableName[]) {
    const rows: string[] = [];
    for await (const { row, state } of store.listRows(table)) {
      const sorted = Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
      rows.push(JSON.stringify({ row: sorted, state }, toComparable));
    }
    if (rows.length > 0) tables.set(table, rows.sort());
  }
  return tables;
}
