import type { Clock, NodeClient } from "@snaprag/client";
import { isSameBytes } from "@snaprag/proto";
import type { CommitStatus, ProofStatus, Store } from "@snaprag/storage";
import type { ValidatorSet } from "@snaprag/verify";
import type { VerificationLevel } from "./messages/message-checks.ts";
import type { ChainRoot } from "./node/chain-root.ts";
import { createNodeReading } from "./node/create-node-reading.ts";
import type { NodeReading } from "./node/node-reading.ts";
import { drawAccounts } from "./rows/draw-accounts.ts";
import { readShard } from "./rows/read-shard.ts";
import type { ConfirmedDifferences } from "./rows/suspects/confirm-differences.ts";
import { confirmDifferences } from "./rows/suspects/confirm-differences.ts";
import type { AccountDifference } from "./rows/suspects/examine-account.ts";

/** Options of {@link verifyStore}. */
export interface VerifyOptions {
  /** The node to compare with. */
  readonly client: NodeClient;
  /** A store that was synced into; nothing is written. */
  readonly store: Store;
  /** @default all data shards of the store */
  readonly shardIds?: readonly number[] | undefined;
  /** Only this account, on every shard that is looked at. */
  readonly fid?: bigint | undefined;
  /** Only so many accounts, drawn at random. */
  readonly sample?: number | undefined;
  /** With `full`, every signature is checked too. @default "proof" */
  readonly verification?: VerificationLevel | undefined;
  /** @default those of mainnet, on mainnet */
  readonly validatorSets?: readonly ValidatorSet[] | undefined;
  /** Ends the comparison, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Times the pauses before the node is asked again, and how long a difference has stayed the same.
   *
   * @default the system's clock
   */
  readonly clock?: Clock | undefined;
  /** Called after each virtual shard that was read. */
  readonly onProgress?:
    | ((done: { readonly shardId: number; readonly virtualShards: number }) => void)
    | undefined;
}

/** What verifying a shard found. */
export interface ShardVerification {
  readonly shardId: number;
  readonly status: ProofStatus;
  /** The block that the store's rows are of. */
  readonly blockNumber: bigint;
  /** Root of the store's rows, 20 bytes; undefined when only some accounts were looked at. */
  readonly root: Uint8Array | undefined;
  /**
   * Root of the block as the chain has it; undefined when the node no longer has the block. Then what the
   * node has now is compared, and nothing but the node says that it is all: the shard stays `unproved`.
   */
  readonly chainRoot: Uint8Array | undefined;
  readonly commits: CommitStatus;
  readonly leafCount: number;
  /** Accounts looked at by themselves; undefined when all leaves were. */
  readonly accountCount: number | undefined;
  readonly differences: readonly AccountDifference[];
  /** Accounts that the node has changed since the block, so that they cannot be compared yet. */
  readonly pending: readonly bigint[];
  /**
   * Accounts that have gasless keys, of which nothing else differs: where shard 0 is not mirrored, the store is
   * not to have these, so that the shard is `unproved`.
   */
  readonly withoutKeys: readonly bigint[];
}

interface ShardCheck {
  readonly reading: NodeReading;
  readonly options: VerifyOptions;
  readonly shardId: number;
}

/** What was found, and whether the store is to have gasless keys. */
type Found = ConfirmedDifferences & { readonly hasKeys?: boolean };

function statusOf(
  chain: ChainRoot | undefined,
  root: Uint8Array | undefined,
  { differences, pending, withoutKeys, hasKeys = true }: Found,
): ProofStatus {
  if (differences.length > 0) return "mismatch";
  // Such as an account with a gasless key that shard 0 has told and its own shard not yet; or one whose
  // rows were altered in what no leaf covers, so that the root is right.
  if (pending.length > 0 || withoutKeys.length > 0) return "unproved";
  // Some accounts are compared with the node's live trie: no block says anything of them alone.
  if (root === undefined) return "proved";
  // A node that has not the block says itself that nothing differs.
  if (chain === undefined) return "unproved";
  if (isSameBytes(chain.root, root)) return "proved";
  // Gasless keys are leaves that such a store is not to have: no root says anything of the rest alone.
  return hasKeys ? "mismatch" : "unproved";
}

/** Whether the rows' root is not the chain's, and no account was found to be the reason. */
function isUnexplained({ status, differences, pending }: ShardVerification): boolean {
  return status === "mismatch" && differences.length === 0 && pending.length === 0;
}

/**
 * Verifies all leaves of a shard, a second time where what was wrong is not any more: such as rows that a sync
 * has put right since they were read.
 */
async function verifyWhole(check: ShardCheck): Promise<ShardVerification> {
  const found = await compareWhole(check);
  return isUnexplained(found) ? compareWhole(check) : found;
}

/** Compares all leaves of a shard with the chain's root of the store's block. */
async function compareWhole({ reading, options, shardId }: ShardCheck): Promise<ShardVerification> {
  const { store, onProgress } = options;
  const hasSignatures = options.verification === "full";
  const shard = await readShard(reading, { store, shardId, hasSignatures, onProgress });
  const { blockNumber, root, leafCount, chain, suspects } = shard;
  const found = await confirmDifferences(reading, {
    ...{ store, shardId, hasSignatures },
    fids: suspects,
  });
  return {
    ...{ shardId, blockNumber, root, leafCount, ...found },
    chainRoot: chain?.root,
    commits: chain?.commits ?? "unchecked",
    accountCount: undefined,
    status: statusOf(chain, root, { ...found, hasKeys: shard.hasKeys }),
  };
}

/** Compares some accounts with the node's live trie. */
async function verifySome(
  { reading, options, shardId }: ShardCheck,
  fids: readonly bigint[],
): Promise<ShardVerification> {
  const { store, verification } = options;
  const hasSignatures = verification === "full";
  const found = await confirmDifferences(reading, { store, shardId, fids, hasSignatures });
  const shard = await store.findShard(shardId);
  return {
    ...{ shardId, root: undefined, chainRoot: undefined, leafCount: 0, ...found },
    blockNumber: shard?.blockNumber ?? 0n,
    commits: "unchecked",
    accountCount: fids.length,
    // A mirror that has lost everything has no account to draw: none says nothing of it.
    status: fids.length === 0 ? "unproved" : statusOf(undefined, undefined, found),
  };
}

/**
 * Proves a store's rows against a node: computes every leaf anew from what is in the rows, and the
 * roots above them, and compares those with the chain's root of the block that the rows are of.
 * Where they differ, it descends the node's live trie to the accounts and leaves that do.
 *
 * Reads only, also beside a running sync. Yields each data shard as it is done. Shards that are
 * still being downloaded, or never were, are `unproved`.
 *
 * @throws {SyncError} `uncommitted_block` when the node gives a block that was not committed,
 * `node_behind` when the node has not come to the store's block, `cursor_expired` when it no longer
 * tells what it has changed since, `unknown_network` for a store that no sync has bound to its network
 * @throws {NodeClientError}
 * @throws {StorageError}
 */
export async function* verifyStore(options: VerifyOptions): AsyncGenerator<ShardVerification> {
  const { store, shardIds, fid, sample } = options;
  const reading = await createNodeReading(options);
  let chosen: readonly bigint[] | undefined = fid === undefined ? undefined : [fid];
  for (const shard of await store.listShards()) {
    const { shardId, phase } = shard;
    if (shardId === 0 || shardIds?.includes(shardId) === false) continue;
    const check = { reading, options, shardId };
    // A shard that was not downloaded begins in the middle of its history.
    const isWhole = phase === "realtime" && (await store.listPartitions(shardId)).length > 0;
    if (!isWhole) {
      yield unfinished(shard);
      continue;
    }
    // Not before: accounts cannot be gone through fast while a first load goes on.
    if (sample !== undefined) chosen ??= await drawAccounts(store, sample);
    yield await (chosen ? verifySome(check, chosen) : verifyWhole(check));
  }
}

function unfinished({
  shardId,
  blockNumber,
}: Pick<ShardVerification, "shardId" | "blockNumber">): ShardVerification {
  return {
    ...{ shardId, blockNumber, root: undefined, chainRoot: undefined, leafCount: 0 },
    ...{ accountCount: undefined, differences: [], pending: [], withoutKeys: [] },
    status: "unproved",
    commits: "unchecked",
  };
}
