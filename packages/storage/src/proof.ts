// What is proved of a mirror, and the leaves that no row stands for.

/** How far the Merkle root of a partition is computed (docs/protocol.md 3.3). */
export interface PartitionProof {
  /** What it goes on from at the next page, in the form of whoever computes it; null at the end. */
  readonly state: Uint8Array | null;
  /** Root of the virtual shard, 20 bytes, empty for no leaves; null before the end. */
  readonly root: Uint8Array | null;
  readonly leafCount: number;
  /** Leaves known by the hash of a subtree alone, such as those of gasless keys. */
  readonly opaqueLeafCount: number;
  /** Accounts whose entries do not add up to the root that the node tells of them. */
  readonly unprovenAccountCount: number;
}

/**
 * What the latest proof of a shard came to.
 *
 * - `proved`: the leaves add up to the chain's own root of the block.
 * - `mismatch`: they do not, so that something is missing, wrong or too many; or something was set aside; or
 *   they did, and an account was seen since to differ that could not be put right.
 * - `unproved`: not everything could be compared: there was no root, an account is known by its own root
 *   alone, or there are rows of before a download, of which what it listed says nothing.
 */
export type ProofStatus = "proved" | "mismatch" | "unproved";

/**
 * Whether the block that a root stands in was committed by its validators.
 *
 * - `ok`: more than two thirds of them have signed it.
 * - `not_configured`: there are no validators to check signatures against.
 * - `unchecked`: there was no block to check.
 */
export type CommitStatus = "ok" | "not_configured" | "unchecked";

/** The latest proof of a shard. */
export interface ShardProof {
  readonly status: ProofStatus;
  /** The block whose root it was compared with. */
  readonly blockNumber: bigint;
  /** Root of all leaves, as computed; 20 bytes. */
  readonly root: Uint8Array;
  readonly leafCount: bigint;
  readonly opaqueLeafCount: bigint;
  readonly commits: CommitStatus;
  readonly provedAt: Date;
}

/**
 * A leaf of a shard's trie that no row of the shard's own accounts stands for comes or goes.
 *
 * Names of the registry are leaves of every shard, and so are copies of what another shard writes;
 * and some names have a row without having a leaf (docs/protocol.md 2.4). Applying one is a join, as
 * with rows: a leaf is as the change with its greatest position left it.
 */
export interface LeafChange {
  readonly shardId: number;
  /** The account it is in. */
  readonly fid: bigint;
  /** Key in the trie (docs/protocol.md 3.1). */
  readonly trieKey: Uint8Array;
  /** Position, of the shard it is a leaf of. */
  readonly eventId: bigint;
  readonly isPresent: boolean;
}
