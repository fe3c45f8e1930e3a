import type { MessageRow } from "../message-row.ts";
import { readRow } from "../message-row.ts";
import type { UnitCounts } from "./storage-units.ts";
import { addUnits, NO_UNITS, subtractUnits, unitsOf } from "./storage-units.ts";

/** Who lends how many units to whom, from the lends that are live on a shard. */
export interface LendBook {
  add(lend: MessageRow): void;
  remove(lend: MessageRow): void;
  lentBy(fid: bigint): UnitCounts;
  borrowedBy(fid: bigint): UnitCounts;
}

/** Creates an empty book. */
export function createLendBook(): LendBook {
  const lent = new Map<bigint, UnitCounts>();
  const borrowed = new Map<bigint, UnitCounts>();

  function change(lend: MessageRow, combine: typeof addUnits): void {
    const message = readRow(lend);
    if (message.type !== "lendStorage") return;
    const { toFid, numUnits, unitType } = message.body;
    const units = unitsOf(unitType, Number(numUnits));
    lent.set(lend.fid, combine(lent.get(lend.fid) ?? NO_UNITS, units));
    borrowed.set(toFid, combine(borrowed.get(toFid) ?? NO_UNITS, units));
  }

  return {
    add: (lend) => change(lend, addUnits),
    remove: (lend) => change(lend, subtractUnits),
    lentBy: (fid) => lent.get(fid) ?? NO_UNITS,
    borrowedBy: (fid) => borrowed.get(fid) ?? NO_UNITS,
  };
}
