// @snaprag/sync: keeps a store in step with a Snapchain node.
export type { RunOptions, Syncer } from "./create-syncer.ts";
export { createSyncer } from "./create-syncer.ts";
export type { SyncErrorCode, SyncErrorOptions } from "./errors.ts";
export { SyncError } from "./errors.ts";
export type { Logger } from "./logger.ts";
export type { SyncerOptions, SyncMode } from "./options.ts";
export type { ShardActivity } from "./progress.ts";
export type { RetryQuarantinedOptions } from "./run/quarantine/retry-quarantined.ts";
export { retryQuarantined } from "./run/quarantine/retry-quarantined.ts";
