/**
 * The contract of a mirror's store, and the reference store in memory.
 *
 * @module @snaprag/storage
 */

export type {
  BlockBatch,
  PageBatch,
  RepairBatch,
  RowChange,
  SnapshotPlan,
  SyncFault,
} from "./batches.ts";
export { NEVER_LISTED } from "./batches.ts";
export type { StorageErrorCode, StorageErrorOptions } from "./errors.ts";
export { StorageError } from "./errors.ts";
export type { MemoryStore, MemoryStoreOptions } from "./memory/create-memory-store.ts";
export { createMemoryStore } from "./memory/create-memory-store.ts";
export type {
  NetworkIdentity,
  PartitionProgress,
  PartitionStatus,
  RebuiltRelation,
  ShardPhase,
  ShardProgress,
  ShardStanding,
  SyncLock,
  SyncMembership,
} from "./progress.ts";
export type {
  CommitStatus,
  LeafChange,
  PartitionProof,
  ProofStatus,
  ShardProof,
} from "./proof.ts";
export type {
  QuarantinedMessage,
  QuarantineFilter,
  QuarantineRecord,
  RawKind,
  Replay,
} from "./quarantine.ts";
export type {
  LiveRows,
  RowCount,
  RowState,
  Store,
  StoredRow,
  StoreView,
} from "./store.ts";
