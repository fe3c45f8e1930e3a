import type { TypedMessageOf } from "@snaprag/proto";
import { OnChainEventType } from "@snaprag/proto";
import { toUnixSeconds } from "../../farcaster-time.ts";
import type { MessageRow } from "../../state/message-row.ts";
import { readRow } from "../../state/message-row.ts";
import { subtractUnits, unitsOf, validUnits } from "../../state/storage/storage-units.ts";
import type { MergeContext, Verdict } from "../verdict.ts";
import { invalid, latestWins } from "../verdict.ts";

const MAX_AGE_SECONDS = 600n;

/** One slot for each lender and borrower. The slot is the borrower's fid. */
export function mergeLendStorage(
  message: TypedMessageOf<"lendStorage">,
  { state }: MergeContext,
): Verdict {
  const slot = String(message.body.toFid);
  return latestWins(message, slot, state.stores.storageLends.find(message.fid, slot));
}

/**
 * What only shard 0 checks, which knows every fid's rents: a fresh message, a borrower who exists,
 * and units of that type to spare.
 */
export function admitLendStorage(
  message: TypedMessageOf<"lendStorage">,
  context: MergeContext,
): Verdict {
  const { state, blockTimestamp } = context;
  const { toFid, numUnits, unitType } = message.body;
  if (BigInt(message.timestamp) + MAX_AGE_SECONDS < blockTimestamp) {
    return invalid("lend is more than ten minutes old");
  }
  if (toFid === message.fid || state.onChain.findCustody(toFid) === undefined) {
    return invalid(`fid ${toFid} cannot borrow`);
  }
  const wanted = unitsOf(unitType, Number(numUnits));
  const spare = spareUnits(message, context);
  if (wanted.some((units, type) => units > (spare[type] ?? 0))) {
    return invalid(`fid ${message.fid} has fewer than ${numUnits} units to lend`);
  }
  return mergeLendStorage(message, context);
}

/** Own units that are not lent to anybody else; what the replaced lend holds is free again. */
function spareUnits(
  message: TypedMessageOf<"lendStorage">,
  { state, blockTimestamp }: MergeContext,
): readonly number[] {
  const rents = state.onChain.listMerged(message.fid, OnChainEventType.EVENT_TYPE_STORAGE_RENT);
  const present = state.stores.storageLends.find(message.fid, String(message.body.toFid));
  const lentToOthers = subtractUnits(state.lends.lentBy(message.fid), lentUnits(present));
  return subtractUnits(validUnits(rents, toUnixSeconds(blockTimestamp)), lentToOthers);
}

function lentUnits(row: MessageRow | undefined): ReturnType<typeof unitsOf> {
  const message = row === undefined ? undefined : readRow(row);
  if (message?.type !== "lendStorage") return [0, 0, 0];
  return unitsOf(message.body.unitType, Number(message.body.numUnits));
}
