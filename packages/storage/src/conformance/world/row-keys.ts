// One text for each thing that a node holds or a store has a row of.
import type { TableName } from "@snaprag/processors";
import { TABLE_KEYS } from "@snaprag/processors";
import type { Store, StoredRow } from "../../store.ts";
import type { Actor, OnChainEvent, UserNameProof } from "./actors.ts";

/** Key of a message. */
export function messageKey({ table, fid, message }: Actor): string {
  return `${table} ${fid} ${message.hash}`;
}

/** Key of an on-chain event. */
export function onChainKey({ fid, type, transactionHash, logIndex }: OnChainEvent): string {
  return `onchain_events ${fid} ${type} ${transactionHash} ${logIndex}`;
}

/** Key of a registry proof. */
export function fnameKey({ fid, name, timestamp, signature }: UserNameProof): string {
  const at = new Date(Number(timestamp) * 1000).toISOString();
  return `fname_transfers ${fid} ${new TextDecoder().decode(name)} ${at} ${signature}`;
}

function keyPart(value: unknown): string {
  // A database driver's Buffer would say its text.
  if (value instanceof Uint8Array) return String(Uint8Array.from(value));
  return value instanceof Date ? value.toISOString() : String(value);
}

/** Key of a stored row, in the words of the other keys. */
export function rowKey(table: TableName, row: StoredRow<TableName>["row"]): string {
  // Safety: the key columns of a table are columns of its rows.
  const columns = row as unknown as Readonly<Record<string, unknown>>;
  return [table, ...TABLE_KEYS[table].map((column) => keyPart(columns[column]))].join(" ");
}

/** Every row of every relation. */
export async function* listEveryRow(
  store: Store,
): AsyncGenerator<readonly [TableName, StoredRow<TableName>]> {
  // Safety: Object.keys returns exactly the keys of TABLE_KEYS.
  for (const table of Object.keys(TABLE_KEYS) as TableName[]) {
    for await (const row of store.listRows(table)) yield [table, row];
  }
}

/**
 * Keys of all live rows, with the signature of those that are messages: the same data may be signed
 * twice. Without unregistered names, which nodes remember but no snapshot lists.
 */
export async function liveRowsOf(store: Store): Promise<ReadonlyMap<string, string>> {
  const live = new Map<string, string>();
  for await (const [table, { row, state }] of listEveryRow(store)) {
    const isUnregistered = table === "fname_transfers" && row.fid === 0n;
    if (!state.isLive || isUnregistered) continue;
    live.set(rowKey(table, row), "signature" in row ? keyPart(row.signature) : "");
  }
  return live;
}
