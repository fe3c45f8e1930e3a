import type { Store } from "../store.ts";
import { listEveryRow } from "./world/row-keys.ts";

function toComparable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return Array.from(value).join(" ");
  return value;
}

/** Every row of every relation with its state, as text that is equal exactly when they are. */
export async function readEverything(
  store: Store,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = new Map<string, string[]>();
  for await (const [table, { row, state }] of listEveryRow(store)) {
    const sorted = Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
    const text = JSON.stringify({ row: sorted, state }, toComparable);
    const rows = tables.get(table);
    if (rows) rows.push(text);
    else tables.set(table, [text]);
  }
  for (const rows of tables.values()) rows.sort();
  return tables;
}
