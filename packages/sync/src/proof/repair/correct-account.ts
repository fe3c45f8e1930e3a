// What is to be written where an account differs: rows as the node has them, ends of rows that it has not.
import { lastPositionOf, TABLE_KEYS } from "@snaprag/processors";
import type { LeafChange, RowChange } from "@snaprag/storage";
import { readTrieKeyHead } from "@snaprag/verify";
import type { Carrier } from "../../run/quarantine/carrier.ts";
import { processCarrier } from "../../run/quarantine/process-carrier.ts";
import { processContextOf } from "../../run/sync-run.ts";
import { NONE_FORGED } from "../messages/message-checks.ts";
import type { NodeReading } from "../node/node-reading.ts";
import type { RowLeaf } from "../rows/row-leaf.ts";
import { isKeyRow } from "../rows/row-leaf.ts";
import type { AccountDifference } from "../rows/suspects/examine-account.ts";

/** What is written, by the shard whose positions it has. */
export interface Correction {
  readonly changes: RowChange[];
  readonly leaves: LeafChange[];
}

/** A shard at a block that a store has come to. */
export interface Moment {
  readonly shardId: number;
  readonly blockNumber: bigint;
  readonly at: Date;
}

/** Whether a change names its row, which none of the sweeps does. */
export function isRowChange(change: { readonly kind: string }): change is RowChange {
  return change.kind === "merge" || change.kind === "retire";
}

/** What a carrier amounts to by the rules that every sync applies; nothing when it is not sound. */
function addCarrier(
  correction: Correction,
  { network, blake3 }: NodeReading,
  { carrier, ...place }: Moment & { readonly carrier: Carrier; readonly eventId: bigint },
): void {
  const context = { ...processContextOf({ network }, place.shardId), ...place };
  const processed = processCarrier(carrier, context, { blake3, forged: NONE_FORGED });
  if (processed.quarantined.length > 0) return;
  correction.changes.push(...processed.changes.filter(isRowChange));
  correction.leaves.push(...processed.leaves);
}

/** Ends a row, or a leaf without one. */
export function addEnd(
  correction: Correction,
  { shardId, blockNumber, at }: Moment,
  leaf: RowLeaf,
): void {
  const eventId = lastPositionOf(blockNumber);
  const { source, trieKey } = leaf;
  if (source === undefined) {
    const { fid } = readTrieKeyHead(trieKey);
    correction.leaves.push({ shardId, fid, trieKey, eventId, isPresent: false });
    return;
  }
  const { table, row } = source;
  const retirement = { reason: "unlisted", eventId, at } as const;
  // Safety: the row of this table.
  correction.changes.push({ kind: "retire", table, row, retirement } as RowChange);
}

/** A row by its relation and key. */
function nameOfRow({ table, row }: RowChange): string {
  const columns: readonly string[] = TABLE_KEYS[table];
  const values = Object.entries(row).filter(([column]) => columns.includes(column));
  const texts = values.map(([column, value]) => {
    return `${column}=${value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value}`;
  });
  return [table, ...texts.sort()].join("/");
}

/** Ends of rows that the same correction writes over are left out. */
export function withoutContradictions({ changes, leaves }: Correction): Correction {
  const merged = new Set(changes.filter(({ kind }) => kind === "merge").map(nameOfRow));
  const kept = changes.filter(
    (change) => change.kind === "merge" || !merged.has(nameOfRow(change)),
  );
  return { changes: kept, leaves };
}

/** The correction of the shard's own rows, and of those that come by shard 0. */
export function correct(
  reading: NodeReading,
  difference: AccountDifference,
  { here, blocks }: { readonly here: Moment; readonly blocks: Moment | undefined },
): readonly (Correction & Moment)[] {
  const ofShard: Correction = { changes: [], leaves: [] };
  const ofKeys: Correction = { changes: [], leaves: [] };
  const eventId = lastPositionOf(here.blockNumber);
  for (const leaf of [...difference.extra, ...difference.altered]) {
    if (!isKeyRow(leaf)) addEnd(ofShard, here, leaf);
    else if (blocks) addEnd(ofKeys, blocks, leaf);
  }
  for (const entry of difference.missing) {
    addCarrier(ofShard, reading, { ...here, eventId, carrier: { kind: "entry", entry } });
  }
  for (const { message, eventId: position, at } of difference.missingKeys) {
    if (!blocks) continue;
    const carrier = { kind: "message", message } as const;
    addCarrier(ofKeys, reading, { ...blocks, at, eventId: position, carrier });
  }
  return [
    { ...here, ...withoutContradictions(ofShard) },
    ...(blocks ? [{ ...blocks, ...withoutContradictions(ofKeys) }] : []),
  ].filter(({ changes, leaves }) => changes.length + leaves.length > 0);
}
