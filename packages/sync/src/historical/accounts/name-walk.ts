import type { NodeClient } from "@snaprag/client";
import { homeShardOf } from "@snaprag/verify";
import { trieKeysOf } from "../../proof/leaves/trie-keys.ts";
import { expectReached } from "../../run/nodes/expect-reached.ts";
import type { SyncRun } from "../../run/sync-run.ts";
import type { Listed, PartitionJob } from "../partition-job.ts";
import type { AccountWalk } from "./account-walk.ts";
import { fetchNames } from "./fetch-names.ts";

/** Keeps in sight whose names a node does not give: nothing else would tell that they are missing. */
async function recordUnreadable(
  { store, logger }: SyncRun,
  { shardId, virtualShard }: PartitionJob["partition"],
  { fid, cause }: { readonly fid: bigint; readonly cause: unknown },
): Promise<void> {
  const message = `The node does not give the names of fid ${fid}`;
  logger.error({ shardId, virtualShard, fid, err: cause }, message);
  const code = "unreadable_names";
  await store.recordFault({ shardId, virtualShard, code, message, isRetried: false });
}

/** The names of an account; none where the node fails on them time after time, which is kept on record. */
async function readNames(run: SyncRun, job: PartitionJob, { node, fid }: NamesAtNode) {
  try {
    return await fetchNames(node, fid, run.signal);
  } catch (cause) {
    if (!job.failures.names.count(fid, cause)) throw cause;
    await recordUnreadable(run, job.partition, { fid, cause });
    return [];
  }
}

interface NamesAtNode {
  readonly node: NodeClient;
  readonly fid: bigint;
}

/** Names of the accounts of a partition, after everything that pages list. */
export function nameWalk(run: SyncRun, job: PartitionJob): AccountWalk {
  const { network } = run;
  const { shardId } = job.partition;
  return {
    mark: "names-from:",
    accountsPerStep: 64,
    isFallback: false,
    includes: (fid) => homeShardOf(fid, network.shardCount) === shardId,
    // An account has a name or two.
    see: async (_node, fid) => ({ fid, size: 1 }),
    read: async (node, { fid }) => {
      const entries = await readNames(run, job, { node, fid });
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
  const readAgain = () => Promise.all(fids.map((fid) => walk.read(node, { fid, size: 1 })));
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
