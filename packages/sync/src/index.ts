/**
 * Keeps a store in step with a Snapchain node.
 *
 * @module @snaprag/sync
 */

export type { RunOptions, Syncer } from "./create-syncer.ts";
export { createSyncer } from "./create-syncer.ts";
export type { SyncErrorCode, SyncErrorOptions } from "./errors.ts";
export { SyncError } from "./errors.ts";
export type { Logger, SyncerOptions, SyncMode } from "./options.ts";
export type { ShardActivity } from "./progress.ts";
export type { VerificationLevel } from "./proof/messages/message-checks.ts";
export type { KeyMessage } from "./proof/node/key-history.ts";
export type { KeyLeaf } from "./proof/node/list-keys.ts";
export type { StoreHeights } from "./proof/node/list-touched.ts";
export type { RepairedAccount } from "./proof/repair/repair-accounts.ts";
export type { ShardRepair } from "./proof/repair/repair-store.ts";
export { repairStore } from "./proof/repair/repair-store.ts";
export type { LeafName } from "./proof/rows/leaf-name.ts";
export { nameOfLeaf } from "./proof/rows/leaf-name.ts";
export type { RowLeaf, RowOfTable } from "./proof/rows/row-leaf.ts";
export type { AccountDifference } from "./proof/rows/suspects/examine-account.ts";
export type { ShardVerification, VerifyOptions } from "./proof/verify-store.ts";
export { verifyStore } from "./proof/verify-store.ts";
export type { SyncEnd } from "./run/end/run-end.ts";
export type { RetryQuarantinedOptions } from "./run/quarantine/retry-quarantined.ts";
export { retryQuarantined } from "./run/quarantine/retry-quarantined.ts";
