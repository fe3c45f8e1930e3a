import { createNodeReading } from "../node/create-node-reading.ts";
import type { ShardVerification, VerifyOptions } from "../verify-store.ts";
import { verifyStore } from "../verify-store.ts";
import type { RepairedAccount } from "./repair-accounts.ts";
import { repairAccounts } from "./repair-accounts.ts";

/** What repairing a shard came to. */
export interface ShardRepair {
  readonly found: ShardVerification;
  readonly accounts: readonly RepairedAccount[];
}

/**
 * Verifies a store and puts right what differs, account by account: rows that the node has are
 * written as it has them, rows that it has not are ended (`unlisted`), and each account is proved
 * again. The calls it takes grow with what differs, not with the store.
 *
 * Safe beside a running sync. Yields each data shard as it is done.
 *
 * @throws as {@link verifyStore}
 */
export async function* repairStore(options: VerifyOptions): AsyncGenerator<ShardRepair> {
  const reading = await createNodeReading(options);
  const { store, verification } = options;
  const hasSignatures = verification === "full";
  for await (const found of verifyStore(options)) {
    const { shardId, differences } = found;
    const accounts = await repairAccounts(reading, { store, shardId, differences, hasSignatures });
    yield { found, accounts };
  }
}
