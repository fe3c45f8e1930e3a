import { NodeClientError } from "@snaprag/client";
import type { SnapshotContext } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { PageBatch, PartitionProgress } from "@snaprag/storage";
import { readTrieKeyHead } from "@snaprag/verify";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import { fetchAccount } from "./fetch-account.ts";
import type { AccountDirectory } from "./list-accounts.ts";
import { processPage } from "./process-page.ts";

/** One partition to bring to its end. */
export interface PartitionJob {
  readonly partition: PartitionProgress;
  /** Time of the snapshot's block. */
  readonly at: Date;
  /** Accounts of the shard, listed when first needed. */
  readonly listAccounts: () => Promise<AccountDirectory>;
  /** Called after every page that was committed. */
  readonly onPage: (page: { readonly entryCount: number; readonly messageCount: number }) => void;
}

/** Accounts read at a time where pages cannot be served; one transaction for each such group. */
const ACCOUNTS_PER_BATCH = 16;

/** Marks progress by account, where page tokens end. */
const ACCOUNT_MARK = "accounts-from:";

function accountMark(fid: bigint): string {
  return `${ACCOUNT_MARK}${fid}`;
}

/** A step of a partition's progress, from the token it stands at to the next one. */
interface Step {
  readonly pageToken: string | null;
  readonly nextPageToken: string | null;
  readonly entries: readonly ShardTrieEntryWithMessage[];
  readonly fallbackCount: number;
}

async function applyStep(run: SyncRun, job: PartitionJob, step: Step): Promise<void> {
  const { shardId, virtualShard, height, isRelisted } = job.partition;
  const context: SnapshotContext = { ...processContextOf(run, shardId), height };
  const { changes, quarantined } = processPage(step.entries, context, run.blake3);
  const page: PageBatch = {
    shardId,
    virtualShard,
    height,
    at: job.at,
    pageToken: step.pageToken,
    nextPageToken: step.nextPageToken,
    isLast: step.nextPageToken === null,
    isRelisted,
    changes,
    messageCount: changes.length,
    fallbackCount: step.fallbackCount,
    quarantined,
  };
  await run.store.applyPage(page);
  job.onPage({ entryCount: step.entries.length, messageCount: changes.length });
}

function lastFidOf(entries: readonly ShardTrieEntryWithMessage[]): bigint | undefined {
  const last = entries.at(-1);
  return last === undefined ? undefined : readTrieKeyHead(last.trieKey).fid;
}

/** Reads the rest of a partition account by account. */
async function downloadAccounts(run: SyncRun, job: PartitionJob, mark: string): Promise<void> {
  const { shardId, virtualShard, height } = job.partition;
  const from = BigInt(mark.slice(ACCOUNT_MARK.length));
  const directory = await job.listAccounts();
  const fids = (directory.get(virtualShard) ?? []).filter((fid) => fid >= from);
  let pageToken = mark;
  for (let start = 0; start < fids.length || start === 0; start += ACCOUNTS_PER_BATCH) {
    run.signal.throwIfAborted();
    const batch = fids.slice(start, start + ACCOUNTS_PER_BATCH);
    const next = fids[start + ACCOUNTS_PER_BATCH];
    const accounts = await Promise.all(
      batch.map((fid) =>
        fetchAccount(run.client, { shardId, virtualShard, height, fid }, run.signal),
      ),
    );
    const nextPageToken = next === undefined ? null : accountMark(next);
    const entries = accounts.flat();
    await applyStep(run, job, { pageToken, nextPageToken, entries, fallbackCount: batch.length });
    if (nextPageToken !== null) pageToken = nextPageToken;
  }
}

function isUnservable(error: unknown): boolean {
  return error instanceof NodeClientError && error.code === "unservable_page";
}

/**
 * Downloads a partition from where it stands to its end, page by page, each with its progress.
 *
 * A page that the node can never serve ends the walk by pages: the rest is read account by account.
 * Everything else that fails is thrown; what was committed stays.
 */
export async function downloadPartition(run: SyncRun, job: PartitionJob): Promise<void> {
  const { partition } = job;
  if (partition.pageToken?.startsWith(ACCOUNT_MARK)) {
    return downloadAccounts(run, job, partition.pageToken);
  }
  let pageToken = partition.pageToken;
  let lastFid: bigint | undefined;
  const from = { ...partition, pageToken: pageToken ?? undefined };
  try {
    for await (const page of run.client.readSnapshotPages(from, { signal: run.signal })) {
      const { entries, nextPageToken = null } = page;
      await applyStep(run, job, { pageToken, nextPageToken, entries, fallbackCount: 0 });
      pageToken = nextPageToken;
      lastFid = lastFidOf(entries) ?? lastFid;
    }
  } catch (error) {
    if (!isUnservable(error)) throw error;
    // The last account may go on in the page that failed. Without one, all are read again.
    const mark = accountMark(lastFid ?? 0n);
    const { shardId, virtualShard } = partition;
    run.logger.info({ shardId, virtualShard, err: error }, "reading accounts one by one");
    await applyStep(run, job, { pageToken, nextPageToken: mark, entries: [], fallbackCount: 0 });
    await downloadAccounts(run, job, mark);
  }
}
