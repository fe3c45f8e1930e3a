import type { Store } from "@snaprag/storage";
import type { NodeReading } from "../node/node-reading.ts";
import { confirmDifferences } from "../rows/suspects/confirm-differences.ts";
import type { AccountDifference } from "../rows/suspects/examine-account.ts";
import { applyCorrection } from "./apply-correction.ts";

/** How often accounts are put right that blocks change meanwhile. */
const MOST_ROUNDS = 3;

/** What became of an account that a store had otherwise than a node. */
export interface RepairedAccount {
  readonly difference: AccountDifference;
  /** Whether the account was proved afterwards. */
  readonly isProved: boolean;
  /** Whether it could not be told, because the node has changed the account since. */
  readonly isPending: boolean;
}

/** What differs in a shard of a store, and how it is looked at. */
export interface AccountsToRepair {
  readonly store: Store;
  readonly shardId: number;
  readonly differences: readonly AccountDifference[];
  /** Whether signatures were checked, and are to be checked again. */
  readonly hasSignatures: boolean;
}

/** What became of accounts, by the low 32 bits of their fids. */
type Outcomes = Map<bigint, Omit<RepairedAccount, "difference">>;

/**
 * Writes what accounts of a shard lack, and proves them again. Returns those that blocks have changed
 * before anything was written, as they differ now.
 */
async function repairOnce(
  reading: NodeReading,
  { store, shardId, differences, hasSignatures }: AccountsToRepair,
  outcomes: Outcomes,
): Promise<readonly AccountDifference[]> {
  const changed = new Set<bigint>();
  const fids: bigint[] = [];
  for (const difference of differences) {
    reading.signal.throwIfAborted();
    const { fid } = difference;
    const outcome = await applyCorrection(store, reading, difference);
    outcomes.set(fid, { isProved: false, isPending: outcome === "changed" });
    // Such as when the node gives nothing that adds up: looking again changes nothing.
    if (outcome === "nothing") continue;
    if (outcome === "changed") changed.add(fid);
    fids.push(fid);
  }
  const again = await confirmDifferences(reading, { store, shardId, fids, hasSignatures });
  const stillDiffering = new Set(again.differences.map(({ fid }) => fid));
  for (const fid of fids) if (!stillDiffering.has(fid)) outcomes.set(fid, PROVED);
  for (const fid of again.pending) outcomes.set(fid, PENDING);
  return again.differences.filter(({ fid }) => changed.has(fid));
}

const PROVED = { isProved: true, isPending: false };
const PENDING = { isProved: false, isPending: true };

/** Puts accounts of one shard right and proves them again. */
export async function repairAccounts(
  reading: NodeReading,
  { differences, ...how }: AccountsToRepair,
): Promise<readonly RepairedAccount[]> {
  const outcomes: Outcomes = new Map();
  let left = differences;
  for (let round = 1; left.length > 0 && round <= MOST_ROUNDS; round++) {
    left = await repairOnce(reading, { ...how, differences: left }, outcomes);
  }
  return differences.map((difference) => {
    return { difference, ...(outcomes.get(difference.fid) ?? PENDING) };
  });
}
