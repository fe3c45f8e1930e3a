import type { SnapshotContext } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { PartitionProgress } from "@snaprag/storage";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import type { AccountDirectory } from "./list-accounts.ts";
import { processPage } from "./process-page.ts";

/** One partition to bring to its end. */
export interface PartitionJob {
  readonly partition: PartitionProgress;
  /** Time of the snapshot's block. */
  readonly at: Date;
  /** Accounts of the shard, listed when first needed. */
  readonly listAccounts: () => Promise<AccountDirectory>;
  /** Called after every step that was committed. */
  readonly onStep: (step: { readonly entryCount: number; readonly messageCount: number }) => void;
}

/** One step of a partition's progress, from the token it stands at to the next one. */
export interface PartitionStep {
  readonly pageToken: string | null;
  /** Null when the partition is done. */
  readonly nextPageToken: string | null;
  readonly entries: readonly ShardTrieEntryWithMessage[];
  /** Accounts among them that were fetched one by one. */
  readonly fallbackCount: number;
}

/** Processes and stores the entries of a step, with the progress it makes. */
export async function applyStep(
  run: SyncRun,
  { partition, at, onStep }: PartitionJob,
  { pageToken, nextPageToken, entries, fallbackCount }: PartitionStep,
): Promise<void> {
  const { shardId, virtualShard, height, isRelisted } = partition;
  const context: SnapshotContext = { ...processContextOf(run, shardId), height };
  const { changes, quarantined } = processPage(entries, context, run.blake3);
  const messageCount = changes.length;
  await run.store.applyPage({
    shardId,
    virtualShard,
    height,
    at,
    pageToken,
    nextPageToken,
    isLast: nextPageToken === null,
    isRelisted,
    changes,
    messageCount,
    fallbackCount,
    quarantined,
  });
  onStep({ entryCount: entries.length, messageCount });
}

/** What is done for each account of a partition in turn, resumable at any of them. */
export interface AccountWalk {
  /** Marks progress by account, as a page token does by page. */
  readonly mark: string;
  /** Accounts read at a time, and written in one transaction. */
  readonly accountsPerStep: number;
  /** Whether the accounts count as fetched one by one. */
  readonly isFallback: boolean;
  readonly read: (fid: bigint) => Promise<readonly ShardTrieEntryWithMessage[]>;
  /** Token that follows the last account; null when the partition is done then. */
  readonly tokenAfter: string | null;
}

/** The token at which a walk stands before an account. */
export function accountMark({ mark }: Pick<AccountWalk, "mark">, fid: bigint): string {
  return `${mark}${fid}`;
}

/** Walks the accounts of a partition from where a token says, to the last one. */
export async function walkAccounts(
  run: SyncRun,
  job: PartitionJob,
  { walk, from }: { readonly walk: AccountWalk; readonly from: string },
): Promise<void> {
  const firstFid = BigInt(from.slice(walk.mark.length));
  const directory = await job.listAccounts();
  const fids = (directory.get(job.partition.virtualShard) ?? []).filter((fid) => fid >= firstFid);
  let pageToken = from;
  let start = 0;
  do {
    run.signal.throwIfAborted();
    const batch = fids.slice(start, start + walk.accountsPerStep);
    start += walk.accountsPerStep;
    const accounts = await Promise.all(batch.map(walk.read));
    const next = fids[start];
    const nextPageToken = next === undefined ? walk.tokenAfter : accountMark(walk, next);
    const fallbackCount = walk.isFallback ? batch.length : 0;
    await applyStep(run, job, {
      pageToken,
      nextPageToken,
      entries: accounts.flat(),
      fallbackCount,
    });
    pageToken = nextPageToken ?? "";
  } while (start < fids.length);
}
