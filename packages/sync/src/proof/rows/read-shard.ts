// All leaves of a shard as a store has them at one block, against the chain's root of that block.
import { sleep } from "@snaprag/client";
import { isSameBytes } from "@snaprag/proto";
import type { Store, StoreView } from "@snaprag/storage";
import type { TrieRoot } from "@snaprag/verify";
import { shardRootOf } from "@snaprag/verify";
import { expectReached } from "../../run/nodes/expect-reached.ts";
import type { ChainRoot } from "../node/chain-root.ts";
import { findChainRoot } from "../node/chain-root.ts";
import { findKeyShard } from "../node/list-touched.ts";
import type { NodeReading } from "../node/node-reading.ts";
import { findDifferingPaths, numberOf } from "./find-differences.ts";
import type { AccountReading } from "./read-accounts.ts";
import { listByVirtualShard } from "./read-accounts.ts";
import { partsOfShard, partsOfVirtualShard, readVirtualShardRoot } from "./shard-tree.ts";

/** Waits before a block is asked for again: nodes write a block's events before the block. */
const PAUSES_MS = [100, 200, 400];

/** Which shard of which store to read. */
export interface StoredShard {
  readonly store: Store;
  readonly shardId: number;
  readonly hasSignatures: boolean;
  readonly onProgress?:
    | ((done: { readonly shardId: number; readonly virtualShards: number }) => void)
    | undefined;
}

/** What was read of a shard. */
export interface ShardReading extends TrieRoot {
  /** The block that the rows are of. */
  readonly blockNumber: bigint;
  /** Undefined when the node no longer has that block. */
  readonly chain: ChainRoot | undefined;
  /** Whether the store mirrors shard 0, which gasless keys come by: without them no root can be right. */
  readonly hasKeys: boolean;
  /** Accounts that may be wrong, by the low 32 bits of their fids. */
  readonly suspects: readonly bigint[];
}

type Directory = ReadonlyMap<number, readonly bigint[]>;

function accountReadingOf(
  { homeShardOf, blake3, ed25519, network, signal }: NodeReading,
  { shardId, hasSignatures }: StoredShard,
  view: StoreView,
): AccountReading {
  const signatures = hasSignatures ? ed25519 : undefined;
  return {
    ...{ view, shardId, homeShardOf, blake3, signal },
    ...{ network: network.network, ed25519: signatures },
    wantsRow: () => false,
  };
}

/** Accounts that differ from the node's live trie, whatever the reason. */
async function findSuspects(
  { client, blake3, signal }: NodeReading,
  accounts: AccountReading,
  {
    directory,
    roots,
  }: { readonly directory: Directory; readonly roots: ReadonlyMap<number, TrieRoot> },
): Promise<readonly bigint[]> {
  const comparison = { client, shardId: accounts.shardId, blake3, signal };
  const parts = partsOfShard(roots);
  const suspects: bigint[] = [];
  for (const path of await findDifferingPaths({ ...comparison, parts }, [], 2)) {
    const virtualShard = numberOf(path);
    const fids = directory.get(virtualShard) ?? [];
    const read = await readVirtualShardRoot(accounts, fids, { hasAccounts: true });
    const below = partsOfVirtualShard(virtualShard, read.accounts);
    const paths = await findDifferingPaths({ ...comparison, parts: below }, path, 10);
    suspects.push(...paths.map((account) => BigInt(numberOf(account.slice(2)))));
  }
  return suspects;
}

/** The root of a block that the node may be about to write. */
async function awaitChainRoot(
  reading: NodeReading,
  shardId: number,
  blockNumber: bigint,
): Promise<ChainRoot | undefined> {
  for (const pauseMs of [0, ...PAUSES_MS]) {
    await sleep(pauseMs, reading.signal, reading.clock);
    const chain = await findChainRoot(reading, shardId, blockNumber);
    if (chain !== undefined) return chain;
  }
  return undefined;
}

/**
 * Reads a shard whole, in one view of the store.
 *
 * @throws {SyncError} `node_behind` when the node has not come to the store's block
 */
export async function readShard(reading: NodeReading, stored: StoredShard): Promise<ShardReading> {
  const { store, shardId, onProgress } = stored;
  await using view = await store.openView(reading.signal);
  const blockNumber = (await view.findShard(shardId))?.blockNumber ?? 0n;
  const hasKeys = (await findKeyShard(view)) !== undefined;
  // Before the rows are read, which may take hours.
  const chain = await awaitChainRoot(reading, shardId, blockNumber);
  if (chain === undefined) {
    await expectReached(reading.client, { shardId, height: blockNumber }, reading.signal);
  }
  const accounts = accountReadingOf(reading, stored, view);
  const directory = await listByVirtualShard(view);
  const roots = new Map<number, TrieRoot>();
  const flawed: bigint[] = [];
  for (const [virtualShard, fids] of directory) {
    const read = await readVirtualShardRoot(accounts, fids, { hasAccounts: false });
    roots.set(virtualShard, read);
    flawed.push(...read.flawed.map(({ fid }) => fid));
    onProgress?.({ shardId, virtualShards: roots.size });
  }
  const whole = shardRootOf(roots, reading.blake3);
  const isProved = chain !== undefined && isSameBytes(chain.root, whole.root);
  const differing = isProved ? [] : await findSuspects(reading, accounts, { directory, roots });
  return { ...whole, blockNumber, chain, hasKeys, suspects: [...flawed, ...differing] };
}
