// How far a mirror has come, per shard and per partition (one virtual shard of one shard), and who works on it.
import type { PartitionProof, ShardProof } from "./proof.ts";

/**
 * What a shard is doing.
 *
 * - `historical`: partitions are downloaded from snapshots.
 * - `realtime`: every block is applied as it comes.
 */
export type ShardPhase = "historical" | "realtime";

/** How far one shard has come, but for what has to be counted among the rows. */
export interface ShardStanding {
  readonly shardId: number;
  readonly phase: ShardPhase;
  /**
   * Height that realtime continues from: the lowest snapshot any partition came from, or the
   * block before the first one asked for. Null until the shard has followed blocks once.
   */
  readonly snapshotHeight: bigint | null;
  /** Last block whose events are all applied; 0 before the first. */
  readonly blockNumber: bigint;
  /** Time of that block. */
  readonly blockTime: Date | null;
  /** Last event applied; 0 before the first. */
  readonly eventId: bigint;
  /** Messages written, from snapshots and from events, replays counted once. */
  readonly messageCount: bigint;
  readonly errorCount: number;
  readonly retryCount: number;
  /** Accounts that were fetched one by one, over all partitions. */
  readonly fallbackCount: number;
  /** The latest proof of the shard; null before the first, and in a sync that proves nothing. */
  readonly proof: ShardProof | null;
}

/** How far one shard has come, with what is counted for it. */
export interface ShardProgress extends ShardStanding {
  /** Fids whose home is this shard. */
  readonly userCount: number;
  /** Quarantined messages that are open. */
  readonly quarantinedCount: number;
}

/**
 * How far one partition has come.
 *
 * - `pending`: nothing of the snapshot at `height` is applied yet.
 * - `running`: pages up to `pageToken` are applied.
 * - `done`: everything the snapshot at `height` lists is applied.
 */
export type PartitionStatus = "pending" | "running" | "done";

/** How far one virtual shard of one shard has come. */
export interface PartitionProgress {
  readonly shardId: number;
  /** 0 to 255. */
  readonly virtualShard: number;
  readonly status: PartitionStatus;
  /** Height of the snapshot it comes from. When `done`, rows are exact for this block. */
  readonly height: bigint;
  /** Token of the next page; null at the beginning and at the end. Bound to `height`. */
  readonly pageToken: string | null;
  /**
   * Whether rows of an earlier snapshot, or of blocks, may be there, so that what this one does not
   * list has to be retired when it is done.
   */
  readonly isRelisted: boolean;
  readonly messageCount: bigint;
  /** Accounts that were fetched one by one because no page with them can be served. */
  readonly fallbackCount: number;
  /** How far its Merkle root is computed; null where nothing is proved. Bound to `height`. */
  readonly proof: PartitionProof | null;
}

/** The exclusive right to write to a store, held until released or until the process ends. */
export interface SyncLock extends AsyncDisposable {
  /** Rejects when the right is lost, such as with the connection it is bound to. */
  readonly lost: Promise<never>;
  /** Gives the right up, and with it every lease. Twice is as good as once. */
  release(): Promise<void>;
}

/**
 * One of the processes that sync into a store together, until released or until the process ends.
 *
 * Leases keep members from doing the same work twice; they do not keep data right, which the fences
 * of progress do. A lease ends with its member: when that leaves, when it is killed, and when
 * nothing was heard of it for a while. A member lets hear of itself, without being called.
 *
 * Its calls take no signal: each is one short statement, and leaving ends them all.
 */
export interface SyncMembership extends SyncLock {
  /** Takes the lead of a shard, or keeps it. False while another living member has it. */
  leadShard(shardId: number): Promise<boolean>;
  /**
   * Takes a partition, or keeps it, and tells where it stands; one that is done needs nobody, and is
   * told of as it is. Undefined while another living member has it, and when it is not planned.
   * Planning it again sets it free.
   */
  takePartition(shardId: number, virtualShard: number): Promise<PartitionProgress | undefined>;
  /**
   * Gives a partition back, or without `virtualShard` the lead of the shard, to whoever asks next, which
   * may be this member. Does nothing with what is another's.
   */
  giveBack(shardId: number, virtualShard?: number | undefined): Promise<void>;
}

/** The network a store mirrors. A store never mixes two. */
export interface NetworkIdentity {
  /** `FarcasterNetwork` number: 1 mainnet, 2 testnet, 3 devnet. */
  readonly network: number;
  /** Data shards of the network, not counting shard 0. */
  readonly shardCount: number;
  /**
   * Whether the network ends with the process that binds it, as a devnet for trying things out does: its
   * mirror is of no use afterwards, and may be emptied. Left out for one that goes on.
   */
  readonly isTemporary?: true | undefined;
}

/** A derived relation that was computed anew. */
export interface RebuiltRelation {
  readonly relation: string;
  /** Rows that there must be, and now are. */
  readonly rowCount: number;
  /** Rows that were missing, different or too many: 0 in a mirror that is right. */
  readonly changedCount: number;
}
