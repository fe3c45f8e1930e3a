// What one event does to rows that it does not name.
import type { SweepKeys, SweepLinks, TableRows } from "@snaprag/processors";
import type { MemoryTable } from "./memory-table.ts";

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** The relations that {@link sweepLinks} reads and writes. */
export interface LinkTables {
  readonly links: MemoryTable<"links">;
  readonly link_removes: MemoryTable<"link_removes">;
  readonly link_compact_states: MemoryTable<"link_compact_states">;
}

/** Applies a link compact state's sweep (docs/protocol.md 6.5). */
export function sweepLinks(tables: LinkTables, sweep: SweepLinks): void {
  const kept = new Set(sweep.keepTargetFids);
  const isSwept = (row: TableRows["links"], eventId: bigint) =>
    row.fid === sweep.fid &&
    (sweep.everyType || row.link_type === sweep.linkType) &&
    row.timestamp <= sweep.through &&
    eventId < sweep.blockStart;
  tables.links.retireWhere(
    (row, eventId) =>
      isSwept(row, eventId) && (row.target_fid === null || !kept.has(row.target_fid)),
    sweep.retirement,
  );
  tables.link_removes.retireWhere(isSwept, sweep.retirement);
  tables.link_compact_states.retireWhere(
    (row, eventId) =>
      row.fid === sweep.fid &&
      row.link_type === sweep.linkType &&
      !isSameBytes(row.hash, sweep.hash) &&
      eventId < sweep.retirement.eventId,
    { ...sweep.retirement, reason: "superseded" },
  );
}

/** Retires what a gasless key was known by before this position. */
export function sweepKeys(table: MemoryTable<"signer_keys">, sweep: SweepKeys): void {
  table.retireWhere(
    (row, eventId) =>
      row.fid === sweep.fid &&
      isSameBytes(row.key, sweep.key) &&
      eventId < sweep.retirement.eventId,
    sweep.retirement,
  );
}
