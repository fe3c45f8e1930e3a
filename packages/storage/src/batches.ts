// What a store is given to write, each in one transaction.
import type { Change, TableName } from "@snaprag/processors";
import type { LeafChange, PartitionProof } from "./proof.ts";
import type { QuarantinedMessage } from "./quarantine.ts";

/** A change of a row that it names. */
export type RowChange = Extract<Change, { readonly kind: "merge" | "retire" }>;

/**
 * Relations whose rows no snapshot page lists, and on-chain events, which nothing ends. Not being listed
 * says nothing of them: a store retires none as `unlisted`, and no row of fid 0 in `fname_transfers`, as no
 * leaf says that a name is unregistered.
 */
export const NEVER_LISTED: ReadonlySet<TableName> = new Set<TableName>([
  "frame_actions",
  "signer_keys",
  "signer_key_removes",
  "onchain_events",
]);

/** The first download of a partition, or its download again from a newer snapshot. */
export interface SnapshotPlan {
  readonly shardId: number;
  readonly height: bigint;
  readonly virtualShards: readonly number[];
  /**
   * Whether none of the partitions may be done. For whoever wants them finished, from whatever
   * snapshot: another process may have finished them since they were looked at.
   *
   * @default false
   */
  readonly isForUnfinished?: boolean | undefined;
  /**
   * The block up to which the shard must have followed. For whoever finds that the blocks after it are
   * gone: another process may have found that too, or have come further.
   *
   * @default any, or none
   */
  readonly fromBlock?: bigint | undefined;
}

/** One page of a partition, and the progress it makes. */
export interface PageBatch {
  readonly shardId: number;
  readonly virtualShard: number;
  readonly height: bigint;
  /** Time of the snapshot's block. */
  readonly at: Date;
  /** Token this page was fetched with; null for the first. The batch is fenced by it. */
  readonly pageToken: string | null;
  /** Token of the page that follows; null with `isLast`. */
  readonly nextPageToken: string | null;
  readonly isLast: boolean;
  /**
   * Whether rows may be there that this page lists: as in the partition's progress, which keeps it. Also
   * from the page on behind which pages that were applied are listed again.
   */
  readonly isRelisted: boolean;
  /** To be read once: a sync does not keep them, and makes them again for a second time. */
  readonly changes: readonly Change[];
  readonly messageCount: number;
  /** Accounts of this page that were fetched one by one. */
  readonly fallbackCount: number;
  readonly quarantined: readonly QuarantinedMessage[];
  /** @default [] */
  readonly leaves?: readonly LeafChange[] | undefined;
  /** What is proved with this page; null, the default, where nothing is. */
  readonly proof?: PartitionProof | null | undefined;
}

/** Whole blocks of a shard, contiguous, and the progress they make. */
export interface BlockBatch {
  readonly shardId: number;
  /** Last block applied before. The batch is fenced by it. */
  readonly previousBlock: bigint;
  /** Last block of the batch; `previousBlock` where it moves the shard nowhere. */
  readonly blockNumber: bigint;
  /** Time of that block. */
  readonly blockTime: Date;
  /** Last event of the batch. */
  readonly eventId: bigint;
  readonly changes: readonly Change[];
  readonly messageCount: number;
  readonly quarantined: readonly QuarantinedMessage[];
  /** @default [] */
  readonly leaves?: readonly LeafChange[] | undefined;
}

/** Rows put right by what the node has, whatever was done to them. */
export interface RepairBatch {
  readonly shardId: number;
  /** The block that the shard stands at. The batch is fenced by it. */
  readonly blockNumber: bigint;
  /** Merges and retirements of rows; what is merged is written over what is there. */
  readonly changes: readonly RowChange[];
  readonly leaves: readonly LeafChange[];
}

/** Something that went wrong and was survived. */
export interface SyncFault {
  readonly shardId: number;
  readonly virtualShard: number | null;
  /** Stable code, such as `unavailable`. */
  readonly code: string;
  readonly message: string;
  /** Whether the operation is tried again. */
  readonly isRetried: boolean;
}
