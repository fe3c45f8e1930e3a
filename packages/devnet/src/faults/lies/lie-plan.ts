// What a node may be told to lie about, so that proofs can be seen to catch it. Unlike other faults, a
// lie is told for as long as the plan is, and to everyone.

/** Which messages a lie is about: the same ones for as long as the plan is. */
export interface MessageLie {
  /**
   * Hashes of messages, 40 hexadecimal digits each; also of some that are yet to come.
   *
   * @default none
   */
  readonly hashes?: readonly string[] | undefined;
  /**
   * How many messages besides, of those that are live when the lie is first told; the seed decides
   * which. Gasless keys are never among them.
   *
   * @default 1, or 0 with `hashes`
   */
  readonly count?: number | undefined;
}

/** Keeps messages back. */
export interface Withholding extends MessageLie {
  /**
   * Whether the tries that the node tells of are without the messages, too.
   *
   * @default false
   */
  readonly isConsistent?: boolean | undefined;
}

/** Exchanges parts of messages, two of the same account and type at a time. */
export interface SwapLie {
  /**
   * How many pairs, of the messages that are live when the lie is first told; the seed decides
   * which. Fewer where there are no more. Gasless keys and storage lends are never among them.
   *
   * @default 1
   */
  readonly pairs?: number | undefined;
}

/** Lies about a shard. */
export interface ShardLie {
  /**
   * Of which data shard.
   *
   * @default all
   */
  readonly shardId?: number | undefined;
}

/**
 * What is wrong with the commits of a chunk.
 *
 * - `signature`: one bit of one signature.
 * - `quorum`: a signature is missing, which leaves two thirds of the validators or fewer.
 * - `value`: height and round are the chunk's, value and signatures those of another block.
 * - `block`: all of it is of another block, where it would be right.
 * - `header`: the header has another `shard_root`, and its hash and commits are those of the true
 *   one. The root is that of the pages where they lie about a snapshot of the chunk's height.
 */
export type CommitLieKind = "signature" | "quorum" | "value" | "block" | "header";

/** Tells of chunks that their validators have not committed like that. */
export interface CommitLie extends ShardLie {
  readonly kind: CommitLieKind;
}

/** The lies of a plan. What is not named is told as it is. */
export interface LiePlan {
  /**
   * Messages are missing from snapshot pages and from what is read by fid, which are
   * `Get...ByFid` and `GetAll...MessagesByFid` of messages and, for ENS names, of username proofs.
   * Account roots and counts stay those of the true trie, unless the lie is consistent: then account
   * roots and counts of pages, `num_items` of snapshots, trie metadata and `GetInfo` are those of
   * tries without the messages, and the chunks alone tell. Events, blocks, and reads of other kinds
   * stay true. Each message left out of an answer counts, and each trie that is told without some.
   */
  readonly withhold?: Withholding | undefined;
  /**
   * Two messages of snapshot pages have each other's `data` and `data_bytes`; hashes, signatures,
   * signers and trie keys stay. Each such message of an answer counts.
   */
  readonly swapBodies?: SwapLie | undefined;
  /**
   * Two entries of snapshot pages have each other's messages, whole, under their own trie keys. So
   * every hash fits its bytes, but not its key. Each such entry of an answer counts.
   */
  readonly swapMessages?: SwapLie | undefined;
  /**
   * Messages of snapshot pages and of events have a signature of their hash by another key than
   * their signer, and nothing else is wrong. Each such message of an answer counts.
   */
  readonly forgeSignature?: MessageLie | undefined;
  /**
   * The newest snapshot of a shard is listed as it is, and its pages are those of the one before it,
   * if the node still has one. Each page counts.
   */
  readonly replaySnapshot?: ShardLie | undefined;
  /** Chunks have bad commits, in snapshot metadata and in `GetShardChunks`. Each chunk counts. */
  readonly badCommit?: CommitLie | undefined;
}

/** A lie by its name in the plan. */
export type LieName = keyof LiePlan;
