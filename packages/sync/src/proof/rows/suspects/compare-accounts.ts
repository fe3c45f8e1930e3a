// Accounts of a store beside the same ones of a node, as both are by now.
import { isSameBytes } from "@snaprag/proto";
import type { Store } from "@snaprag/storage";
import { SyncError } from "../../../errors.ts";
import { expectReached } from "../../../run/nodes/expect-reached.ts";
import type { StoreHeights } from "../../node/list-touched.ts";
import { findKeyShard } from "../../node/list-touched.ts";
import type { NodeReading } from "../../node/node-reading.ts";
import type { TrieNode } from "../../node/trie-node.ts";
import type { StoredAccount } from "../read-accounts.ts";
import { readAccounts } from "../read-accounts.ts";
import type { RowLeaf, RowReading } from "../row-leaf.ts";
import { keyText } from "../row-leaf.ts";
import { accountRootOf, isFlawed } from "../shard-tree.ts";
import type { AccountDifference } from "./examine-account.ts";
import { hasSuspectPart, readLiveAccount } from "./examine-account.ts";

/** Accounts of a shard to look at, in a store whose rows are read so. */
export interface AccountsToCompare {
  readonly store: Store;
  readonly shardId: number;
  readonly fids: readonly bigint[];
  readonly hasSignatures: boolean;
  /**
   * Whether gasless keys are taken for what the node says they are: shard 0 tells of them, and may be behind
   * or ahead.
   *
   * @default false
   */
  readonly areKeysLeft?: boolean | undefined;
  /** Whether only what leaves cover is compared. @default false */
  readonly hasLeavesOnly?: RowReading["hasLeavesOnly"];
}

/** An account in the store, and at the node. */
export interface Sighting {
  readonly fid: bigint;
  readonly stored: StoredAccount;
  readonly live: TrieNode | undefined;
}

function differs({ stored, live }: Sighting, reading: NodeReading): boolean {
  if (isFlawed(stored)) return true;
  const root = accountRootOf(stored, reading.blake3)?.root ?? new Uint8Array();
  return !isSameBytes(root, live?.hash ?? new Uint8Array());
}

/** Reads accounts as they are by now; with rows that were altered, and others that are wanted. */
async function sight(
  reading: NodeReading,
  { store, shardId, fids, hasSignatures, ...how }: AccountsToCompare,
  wantsRow: (leaf: RowLeaf) => boolean = () => false,
) {
  const { homeShardOf, blake3, ed25519, network } = reading;
  await using view = await store.openView(reading.signal);
  const shard = await view.findShard(shardId);
  const blocks = how.areKeysLeft ? undefined : await findKeyShard(view);
  const accounts = await readAccounts(
    {
      ...{ view, shardId, homeShardOf, blake3, network: network.network },
      ed25519: hasSignatures ? ed25519 : undefined,
      hasLeavesOnly: how.hasLeavesOnly,
      wantsRow: (leaf) => leaf.isAltered || wantsRow(leaf),
    },
    fids,
  );
  const byFid = new Map(accounts.map((account) => [account.fid, account]));
  const blockNumber = shard?.blockNumber ?? 0n;
  const heights = { shardId, blockNumber, keyBlockNumber: blocks?.blockNumber };
  return { heights, byFid };
}

/**
 * Whether a node has reached the store's blocks. One that has not lacks what it is yet to have, and still
 * has what is yet to end: that is no difference.
 *
 * @throws {SyncError} `node_behind` when this is the last try
 */
async function isReached(
  { client, signal }: NodeReading,
  { shardId, blockNumber, keyBlockNumber = 0n }: StoreHeights,
  isLastTry: boolean,
): Promise<boolean> {
  try {
    await expectReached(client, { shardId, height: blockNumber }, signal);
    await expectReached(client, { shardId: 0, height: keyBlockNumber }, signal);
    return true;
  } catch (error) {
    const isBehind = error instanceof SyncError && error.code === "node_behind";
    if (!isBehind || isLastTry) throw error;
    return false;
  }
}

/** What accounts are, in the store and at the node. */
export interface Compared {
  readonly heights: StoreHeights;
  /** Those that differ; undefined when the node is behind. */
  readonly different: readonly Sighting[] | undefined;
  /** Those that differ for their gasless keys alone. */
  readonly withoutKeys: readonly bigint[];
  /** Those of which the node's own parts do not add up to its root. */
  readonly inconsistent: readonly bigint[];
}

/**
 * Compares accounts as both sides have them by now.
 *
 * @throws {SyncError} `node_behind` when the node is behind the store and this is the last try
 */
export async function compareAccounts(
  reading: NodeReading,
  suspects: AccountsToCompare,
  isLastTry: boolean,
): Promise<Compared> {
  const { heights, byFid } = await sight(reading, suspects);
  if (!(await isReached(reading, heights, isLastTry))) {
    return { heights, different: undefined, withoutKeys: [], inconsistent: [] };
  }
  const sightings = await Promise.all(
    suspects.fids.map(async (fid): Promise<Sighting> => {
      const stored = byFid.get(fid) ?? { fid, leaves: [], altered: [], lostNames: [] };
      return { fid, stored, live: await readLiveAccount(reading, suspects.shardId, fid) };
    }),
  );
  const different: Sighting[] = [];
  const withoutKeys: bigint[] = [];
  const inconsistent: bigint[] = [];
  for (const sighting of sightings) {
    const { fid } = sighting;
    if (!differs(sighting, reading)) continue;
    if (hasSuspectPart(reading, { heights, ...sighting })) different.push(sighting);
    else if (heights.keyBlockNumber === undefined) withoutKeys.push(fid);
    else inconsistent.push(fid);
  }
  return { heights, different, withoutKeys, inconsistent };
}

/**
 * Differences with the rows of leaves that the node has not. Leaves whose rows have gone meanwhile are left
 * out: there is nothing to be ended.
 */
export async function withRows(
  reading: NodeReading,
  suspects: AccountsToCompare,
  differences: readonly AccountDifference[],
): Promise<readonly AccountDifference[]> {
  const wanted = new Set(differences.flatMap(({ extra }) => extra.map(keyText)));
  if (wanted.size === 0) return differences;
  const isWanted = (leaf: RowLeaf) => wanted.has(keyText(leaf));
  const fids = differences.filter(({ extra }) => extra.length > 0).map(({ fid }) => fid);
  const { byFid } = await sight(reading, { ...suspects, fids }, isWanted);
  return differences.map((difference) => {
    const { fid, extra } = difference;
    if (extra.length === 0) return difference;
    return { ...difference, extra: byFid.get(fid)?.leaves.filter(isWanted) ?? [] };
  });
}
