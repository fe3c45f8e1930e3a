import type { ProofStatus } from "@snaprag/storage";
import { isUnanswered } from "../../errors.ts";
import { createNodeReading } from "../node/create-node-reading.ts";
import type { NodeReading } from "../node/node-reading.ts";
import type { ShardVerification, VerifyOptions } from "../verify-store.ts";
import { verifyStore } from "../verify-store.ts";
import type { RepairedAccount } from "./repair-accounts.ts";
import { repairAccounts } from "./repair-accounts.ts";

/** What repairing a shard came to. */
export interface ShardRepair {
  /** What was found before anything was repaired. */
  readonly found: ShardVerification;
  readonly accounts: readonly RepairedAccount[];
  /**
   * What was found when all rows were verified again; undefined where no account was put right, where only
   * some were looked at, each of which is proved by itself, or where the node did not answer any more.
   */
  readonly after: ShardVerification | undefined;
  /** Why they could not be verified again, though accounts were put right. */
  readonly unanswered: Error | undefined;
  /** What the shard is by now, or the accounts of it that were looked at. */
  readonly status: ProofStatus;
}

/** What accounts are that were looked at by themselves, when some of them were repaired. */
function statusOfSome(
  { pending, withoutKeys }: ShardVerification,
  accounts: readonly RepairedAccount[],
): ProofStatus {
  if (accounts.some(({ isProved, isPending }) => !isProved && !isPending)) return "mismatch";
  const isAllProved = accounts.every(({ isProved }) => isProved);
  return isAllProved && pending.length + withoutKeys.length === 0 ? "proved" : "unproved";
}

type Again = Pick<ShardRepair, "after" | "unanswered">;

const NOT_AGAIN: Again = { after: undefined, unanswered: undefined };

/** Accounts are proved against what the node has now: only the shard's root stands in a block. */
async function verifyAgain(options: VerifyOptions, shardId: number): Promise<Again> {
  try {
    for await (const after of verifyStore({ ...options, shardIds: [shardId] })) {
      return { after, unanswered: undefined };
    }
    return NOT_AGAIN;
  } catch (unanswered) {
    // What was put right is to be told all the same.
    if (!isUnanswered(unanswered)) throw unanswered;
    return { after: undefined, unanswered };
  }
}

async function repairShard(
  reading: NodeReading,
  options: VerifyOptions,
  found: ShardVerification,
): Promise<ShardRepair> {
  const { store, verification } = options;
  const { shardId, differences } = found;
  const hasSignatures = verification === "full";
  const accounts = await repairAccounts(reading, { store, shardId, differences, hasSignatures });
  const isAnyProved = accounts.some(({ isProved }) => isProved);
  if (!isAnyProved) return { found, accounts, ...NOT_AGAIN, status: found.status };
  if (found.root === undefined) {
    return { found, accounts, ...NOT_AGAIN, status: statusOfSome(found, accounts) };
  }
  const again = await verifyAgain(options, shardId);
  return { found, accounts, ...again, status: again.after?.status ?? "unproved" };
}

/**
 * Verifies a store and puts right what differs, account by account: rows that the node has are
 * written as it has them, rows that it has not are ended (`unlisted`), and each account is proved
 * again; and so is the shard, whose rows are read a second time. The calls it takes grow with what differs,
 * not with the store.
 *
 * Safe beside a running sync. Yields each data shard as it is done.
 *
 * @throws as {@link verifyStore}
 */
export async function* repairStore(options: VerifyOptions): AsyncGenerator<ShardRepair> {
  const reading = await createNodeReading(options);
  for await (const found of verifyStore(options)) yield await repairShard(reading, options, found);
}
