import type { TableName, TableRows } from "@snaprag/processors";
import type { BlockBatch, PageBatch, RepairBatch, SnapshotPlan, SyncFault } from "./batches.ts";
import type {
  NetworkIdentity,
  PartitionProgress,
  RebuiltRelation,
  ShardProgress,
  ShardStanding,
  SyncLock,
  SyncMembership,
} from "./progress.ts";
import type { ShardProof } from "./proof.ts";
import type { QuarantineFilter, QuarantineRecord, Replay } from "./quarantine.ts";

/** Whether a row is live, and since when, as far as it is known. */
export interface RowState {
  /** Position of the last merge known; 0 when only the row's end was seen. */
  readonly eventId: bigint;
  readonly isLive: boolean;
  /** Null in live rows. */
  readonly deletedReason: string | null;
  readonly deletedAt: Date | null;
  readonly deletedEventId: bigint | null;
}

/** A row as stored, with its state. */
export interface StoredRow<Table extends TableName> {
  readonly row: TableRows[Table];
  readonly state: RowState;
}

/** Rows of a relation. */
export interface RowCount {
  readonly live: number;
  readonly total: number;
  /** Whether the numbers come from the database's statistics because counting would take long. */
  readonly isEstimate: boolean;
}

/** Live rows of some accounts, by relation; relations without any may be left out. */
export type LiveRows = { readonly [Table in TableName]?: readonly TableRows[Table][] };

/** A store as it is at one moment, whatever is written meanwhile. */
export interface StoreView extends AsyncDisposable {
  /** As {@link Store.listShards}. */
  listShards(): Promise<readonly ShardProgress[]>;
  /** As {@link Store.findShard}. */
  findShard(shardId: number): Promise<ShardStanding | undefined>;
  /** Every fid with a live row or leaf, ascending. */
  listAccounts(): AsyncIterable<bigint>;
  /**
   * All live rows of some accounts, a few thousand at a time, in any order: one account can have more
   * than memory is to hold.
   */
  readRows(fids: readonly bigint[]): AsyncIterable<LiveRows>;
  /** Keys of the leaves of a shard that no row stands for, in these accounts, ascending. */
  readLeaves(shardId: number, fids: readonly bigint[]): Promise<readonly Uint8Array[]>;
}

/**
 * Where a mirror is kept.
 *
 * Rows are joins: each is as the change with its greatest position left it, so every write may be
 * repeated and reordered (see `Change` in `@snaprag/processors`); of a merge and an end at the same
 * position, the merge stands. Progress moves in the same transaction as the rows it speaks of, and a
 * call that is refused (`fenced`) leaves nothing behind.
 *
 * All methods may be called at the same time, also from other processes: a sync writes several pages,
 * the blocks of all shards, repairs and faults side by side. All throw {@link StorageError}.
 *
 * A call whose `signal` aborts before it is done rejects with the signal's reason and leaves nothing
 * behind; one that has aborted already begins nothing. What is under way is broken off where the store
 * can: an embedded database has one session for all, and lets a transaction go on to its end, which then
 * counts. The store, and every connection of it, is fit for use afterwards.
 *
 * An account belongs to the partition that `homeShardOf` and `virtualShardOf` of `@snaprag/verify` name,
 * by its fid and the shards of the network; a leaf to that of its `shardId` and the virtual shard of its fid.
 */
export interface Store extends AsyncDisposable {
  /** Creates what the store needs, or upgrades it. Safe when two processes start together. */
  migrate(signal?: AbortSignal | undefined): Promise<void>;

  /**
   * Removes everything that {@link migrate} created, with what is in it. Not to be called while
   * another process syncs.
   */
  reset(signal?: AbortSignal | undefined): Promise<void>;

  /**
   * Keeps everybody from syncing, for work that bears no sync beside it. `holder` is told to whoever
   * asks next.
   *
   * @throws {StorageError} `locked`, with the holder
   */
  acquireSyncLock(holder: string, signal?: AbortSignal | undefined): Promise<SyncLock>;

  /**
   * Joins the processes that sync into this store. `holder` is told to whoever wants the store for
   * itself.
   *
   * @throws {StorageError} `locked` when somebody has it for itself, with the holder
   */
  joinSync(holder: string, signal?: AbortSignal | undefined): Promise<SyncMembership>;

  /**
   * Records the network on first use and compares it ever after, but for whether it is temporary.
   *
   * @throws {StorageError} `network_mismatch`
   */
  bindNetwork(identity: NetworkIdentity, signal?: AbortSignal | undefined): Promise<void>;

  /** The network recorded; undefined in a store that was never bound, or not even migrated. */
  findNetwork(signal?: AbortSignal | undefined): Promise<NetworkIdentity | undefined>;

  /** All shards ever started, or with a fault, by shard id. Counts rows: not to be asked every second. */
  listShards(signal?: AbortSignal | undefined): Promise<readonly ShardProgress[]>;

  /** Where a shard stands, cheaply; undefined if it was never started and had no fault. */
  findShard(shardId: number, signal?: AbortSignal | undefined): Promise<ShardStanding | undefined>;

  /** The partitions of one shard, by virtual shard. */
  listPartitions(
    shardId: number,
    signal?: AbortSignal | undefined,
  ): Promise<readonly PartitionProgress[]>;

  /**
   * Sets partitions to be downloaded from the snapshot at a height, and the shard to `historical`.
   *
   * Partitions that may hold rows already, of an earlier snapshot or of blocks, are marked as
   * relisted, and stay so however often they are planned before they are done; their page tokens are
   * dropped. The shard's `snapshotHeight` stays, its proof is forgotten.
   *
   * @throws {StorageError} `fenced` when the plan is for unfinished partitions, and one is done; when it
   * is from a block, and the shard does not follow blocks, or is at another one
   */
  planSnapshot(plan: SnapshotPlan, signal?: AbortSignal | undefined): Promise<void>;

  /**
   * Applies one page with its progress, in one transaction. The last page of a relisted partition
   * also retires (`unlisted`) what the snapshot did not list, but for {@link NEVER_LISTED}. A message
   * that the database refuses for its content goes to quarantine (`rejected_` and the SQLSTATE), and
   * the rest is applied. What a page that is not relisted lists again, as only a node that repeats itself
   * does, may be there twice until the shard's historical phase ends.
   *
   * @throws {StorageError} `fenced` when the partition is not at `height` and `pageToken`
   */
  applyPage(page: PageBatch, signal?: AbortSignal | undefined): Promise<void>;

  /**
   * Ends the historical phase: the shard follows blocks after `blockNumber` from now on. Also how a
   * shard starts that has no snapshot to begin with. Where that takes what is still to be built, it waits
   * for that, whoever builds it, until `signal` aborts: then it rejects with its reason.
   *
   * @throws {StorageError} `fenced` when a partition of the shard is not done: another process has
   * sent it to a newer snapshot, and its rows are yet to come. Also when the shard follows blocks
   * already: another process was faster, and has come further than `blockNumber`
   */
  startRealtime(
    shardId: number,
    blockNumber: bigint,
    signal?: AbortSignal | undefined,
  ): Promise<void>;

  /**
   * Applies whole blocks with their progress, in one transaction. A message that the database
   * refuses for its content goes to quarantine, as with {@link applyPage}. A batch may move the shard nowhere:
   * its changes are then of blocks to come, and stand at positions of theirs.
   *
   * @throws {StorageError} `fenced` when the shard does not follow blocks, or is not at `previousBlock`
   */
  applyBlocks(batch: BlockBatch, signal?: AbortSignal | undefined): Promise<void>;

  /** Keeps the latest proof of a shard. Throws `fenced`, as {@link startRealtime}, when a partition is not done. */
  recordProof(shardId: number, proof: ShardProof, signal?: AbortSignal | undefined): Promise<void>;

  /**
   * Opens a view of the store as it is now. It may hold a connection, and in an embedded database
   * everybody waits until it is disposed of. The signal also ends whatever is read from it, with its
   * reason; it is to be disposed of all the same.
   */
  openView(signal?: AbortSignal | undefined): Promise<StoreView>;

  /**
   * Makes rows what a node was seen to have, in one transaction: columns that were altered are
   * written over, whatever their positions, and ends that the node does not know are taken back.
   * The changes stand at the last position of `blockNumber` or before it.
   *
   * @throws {StorageError} `fenced` when the shard does not follow blocks, or is not at `blockNumber`
   */
  repairRows(batch: RepairBatch, signal?: AbortSignal | undefined): Promise<void>;

  /** Quarantined messages by id. Replaying some while it is iterated makes it skip no others. */
  listQuarantined(
    filter?: QuarantineFilter,
    signal?: AbortSignal | undefined,
  ): AsyncIterable<QuarantineRecord>;

  /**
   * Applies what a quarantined message came to at its original position and resolves it, in one
   * transaction; or counts one more attempt, with its reason. Returns what the store then has of
   * it: undefined for an unknown id, and nothing is done to one that is resolved already.
   *
   * The rows are then as if it had been applied in its place, so that whatever came later stands:
   * a link compact state or a gasless key merged since, and a newer snapshot that does not list it.
   * A message that the database refuses stays open. Of one account, the oldest goes first: what a
   * message ended in a block that also swept cannot be told from the sweep's work afterwards.
   *
   * Safe beside a sync, also one of another process.
   */
  applyReplay(
    replay: Replay,
    signal?: AbortSignal | undefined,
  ): Promise<QuarantineRecord | undefined>;

  /**
   * Builds what makes queries fast and would slow a bulk load. Harmless to repeat. While another process
   * builds it waits, until that has built everything. It rejects with the reason of `signal` when that aborts
   * before it is done; what it builds itself, it then breaks off where the database can.
   */
  finishLoading(signal?: AbortSignal | undefined): Promise<void>;

  /**
   * Computes every relation that is kept though it follows from others, anew from those, in one
   * transaction; says for each how many rows that changed. What belongs to a partition that is
   * still being downloaded is left to the end of its download. None in a store without such
   * relations.
   */
  rebuild(signal?: AbortSignal | undefined): Promise<readonly RebuiltRelation[]>;

  /** Counts a fault and keeps its latest details. */
  recordFault(fault: SyncFault, signal?: AbortSignal | undefined): Promise<void>;

  /** Live and total rows of every relation that changes are written to. */
  countRows(signal?: AbortSignal | undefined): Promise<ReadonlyMap<TableName, RowCount>>;

  /** Every row of a relation in key order, live or not. */
  listRows<Table extends TableName>(
    table: Table,
    signal?: AbortSignal | undefined,
  ): AsyncIterable<StoredRow<Table>>;

  /**
   * Releases connections; the store cannot be used afterwards. Idempotent. Takes no signal: it waits for
   * calls that are under way, which end with their own.
   */
  close(): Promise<void>;
}
