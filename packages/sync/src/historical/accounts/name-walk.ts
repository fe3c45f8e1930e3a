import type { NodeClient } from "@snaprag/client";
import { homeShardOf } from "@snaprag/verify";
import { trieKeysOf } from "../../proof/leaves/trie-keys.ts";
import { expectReached } from "../../run/nodes/expect-reached.ts";
import type { SyncRun } from "../../run/sync-run.ts";
import type { Listed, PartitionJob } from "../partition-job.ts";
import { fetchNames } from "./fetch-names.ts";
import type { AccountWalk } from "./walk-accounts.ts";

/** Names of the accounts of a partition, after everything that pages list. */
export function nameWalk(
  { signal, network }: SyncRun,
  { partition: { shardId } }: PartitionJob,
): AccountWalk {
  return {
    mark: "names-from:",
    accountsPerStep: 64,
    isFallback: false,
    includes: (fid) => homeShardOf(fid, network.shardCount) === shardId,
    read: async (node, fid) => {
      const entries = await fetchNames(node, fid, signal);
      return { entries, accountRoots: [], leaves: [] };
    },
    tokenAfter: null,
  };
}

/** Names of all accounts of a partition, where they are few enough to be written with its last page. */
export interface FewNames {
  /** Resolves when they have been read. */
  readonly read: Promise<readonly Listed[]>;
  readonly readAgain: () => Promise<readonly Listed[]>;
}

/**
 * Begins to read the names of a partition's accounts if one step takes them; undefined if not, or if
 * there are no accounts. They are of the same use whenever they are read: what happens later, events tell.
 *
 * `read` rejects with {@link SyncError} `node_behind` when the node has not reached the snapshot.
 */
export async function beginFewNames(
  run: SyncRun,
  job: PartitionJob,
  node: NodeClient,
): Promise<FewNames | undefined> {
  const { virtualShard } = job.partition;
  const walk = nameWalk(run, job);
  const fids = (await job.listAccounts()).get(virtualShard)?.filter(walk.includes);
  if (fids === undefined || fids.length > walk.accountsPerStep) return undefined;
  const readAgain = () => Promise.all(fids.map((fid) => walk.read(node, fid)));
  const read = expectReached(node, job.partition, run.signal).then(readAgain);
  // Whoever asks for them hears of it; a page that fails before is the greater trouble.
  read.catch(() => undefined);
  return { read, readAgain };
}

/** A partition's last page with its names, which have no keys. */
export function withNames(page: Listed, names: readonly Listed[]): Listed {
  return {
    entries: [...page.entries, ...names.flatMap(({ entries }) => entries)],
    accountRoots: page.accountRoots,
    leaves: trieKeysOf(page.entries),
  };
}
