// The replay of a quarantined message: its changes at their place, and what has come since.
import type { Change, Retirement, SweepKeys, SweepLinks, TableName } from "@snaprag/processors";
import {
  blockOfPosition,
  lastPositionOf,
  sweepOfLinkCompactState,
  sweepOfSignerKey,
} from "@snaprag/processors";
import type { MemoryTable } from "../memory-table.ts";
import type { MemoryTables } from "../memory-tables.ts";
import { applyChanges, retireUnlisted } from "../memory-tables.ts";

/** What the rest of the store knows that a replay has to mind. */
export interface ReplaySurroundings {
  readonly network: number;
  /** The finished snapshot that the partition of an account comes from. */
  readonly snapshotOf: (fid: bigint) => { readonly height: bigint; readonly at: Date } | undefined;
}

type Sweep = SweepLinks | SweepKeys;

/** Sweeps after a position that stand in the rows of an account, in order. */
function sweepsSince(
  tables: MemoryTables,
  {
    fid,
    since,
    network,
  }: { readonly fid: bigint; readonly since: bigint; readonly network: number },
): readonly Sweep[] {
  const rowsOf = <Table extends TableName>(table: Table) =>
    tables[table]
      .list()
      .filter(({ row, state }) => row.fid === fid && state.eventId > since)
      .map(({ row, state: { eventId } }) => ({ row, eventId }));
  const sweeps: Sweep[] = [
    ...rowsOf("link_compact_states").map(({ row, eventId }) =>
      sweepOfLinkCompactState(row, eventId, network),
    ),
    ...rowsOf("signer_keys").map(({ row, eventId }) =>
      sweepOfSignerKey(row, eventId, "superseded"),
    ),
    ...rowsOf("signer_key_removes").map(({ row, eventId }) =>
      sweepOfSignerKey(row, eventId, "removed"),
    ),
  ];
  return sweeps.sort((a, b) => (a.retirement.eventId < b.retirement.eventId ? -1 : 1));
}

/** Positions that changes merge rows at, by account: the earliest of each. */
function mergesByFid(changes: readonly Change[]): ReadonlyMap<bigint, bigint> {
  const merges = new Map<bigint, bigint>();
  for (const change of changes) {
    if (change.kind !== "merge") continue;
    const known = merges.get(change.row.fid);
    if (known === undefined || change.eventId < known) merges.set(change.row.fid, change.eventId);
  }
  return merges;
}

/**
 * Takes back sweeps that did not know of a merge in their own block, whose rows they spare
 * (docs/protocol.md 6.5).
 */
function reviveSwept(tables: MemoryTables, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind !== "merge") continue;
    const block = blockOfPosition(change.eventId);
    const isUndone = ({ reason, eventId }: Retirement) =>
      reason === "compacted" && blockOfPosition(eventId) === block;
    // Safety: a merge carries a row of its own table.
    (tables[change.table] as MemoryTable<TableName>).revive(change.row, isUndone);
  }
}

/**
 * Applies changes as if they had come in their place. What a finished snapshot after them does not
 * list ended there, so that sweeps later than it have nothing to end.
 */
export function replayChanges(
  tables: MemoryTables,
  changes: readonly Change[],
  { network, snapshotOf }: ReplaySurroundings,
): void {
  reviveSwept(tables, changes);
  applyChanges(tables, changes);
  for (const [fid, since] of mergesByFid(changes)) {
    const snapshot = snapshotOf(fid);
    const listedAt = snapshot === undefined ? 0n : lastPositionOf(snapshot.height);
    const isBeforeListing = ({ retirement: { eventId } }: Sweep) =>
      since >= listedAt || eventId <= listedAt;
    applyChanges(tables, sweepsSince(tables, { fid, since, network }).filter(isBeforeListing));
    if (snapshot) retireUnlisted(tables, snapshot, (each) => each === fid);
  }
}
