import { NodeClientError } from "@snaprag/client";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { readTrieKeyHead } from "@snaprag/verify";
import type { SyncRun } from "../run/sync-run.ts";
import { fetchAccount } from "./fetch-account.ts";
import { fetchNames } from "./fetch-names.ts";
import type { AccountWalk, PartitionJob } from "./partition-job.ts";
import { accountMark, applyStep, walkAccounts } from "./partition-job.ts";

/** Names of the accounts, after everything that pages list. */
function nameWalk({ client, signal }: SyncRun): AccountWalk {
  return {
    mark: "names-from:",
    accountsPerStep: 64,
    isFallback: false,
    read: (fid) => fetchNames(client, fid, signal),
    tokenAfter: null,
  };
}

/** The rest of a partition account by account, where a page cannot be served. */
function accountWalk(run: SyncRun, { partition }: PartitionJob): AccountWalk {
  return {
    mark: "accounts-from:",
    accountsPerStep: 16,
    isFallback: true,
    read: (fid) => fetchAccount(run.client, { ...partition, fid }, run.signal),
    tokenAfter: accountMark(nameWalk(run), 0n),
  };
}

function lastFidOf(entries: readonly ShardTrieEntryWithMessage[]): bigint | undefined {
  const last = entries.at(-1);
  return last === undefined ? undefined : readTrieKeyHead(last.trieKey).fid;
}

function isUnservable(error: unknown): boolean {
  return error instanceof NodeClientError && error.code === "unservable_page";
}

/** Walks the pages of a partition; returns the token at which it goes on. */
async function downloadPages(run: SyncRun, job: PartitionJob): Promise<string> {
  const { partition } = job;
  const tokenAfter = accountMark(nameWalk(run), 0n);
  let pageToken = partition.pageToken;
  let lastFid: bigint | undefined;
  const from = { ...partition, pageToken: pageToken ?? undefined };
  try {
    for await (const page of run.client.readSnapshotPages(from, { signal: run.signal })) {
      const { entries, nextPageToken = tokenAfter } = page;
      await applyStep(run, job, { pageToken, nextPageToken, entries, fallbackCount: 0 });
      pageToken = nextPageToken;
      lastFid = lastFidOf(entries) ?? lastFid;
    }
    return tokenAfter;
  } catch (error) {
    if (!isUnservable(error)) throw error;
    // The last account may go on in the page that failed. Without one, all are read again.
    const mark = accountMark(accountWalk(run, job), lastFid ?? 0n);
    const { shardId, virtualShard } = partition;
    run.logger.info({ shardId, virtualShard, err: error }, "reading accounts one by one");
    await applyStep(run, job, { pageToken, nextPageToken: mark, entries: [], fallbackCount: 0 });
    return mark;
  }
}

/**
 * Downloads a partition from where it stands to its end, step by step, each with its progress.
 *
 * Pages first. One that the node can never serve ends the walk by pages: the rest is read account by
 * account. Then the names that no page lists. Everything that fails is thrown; what was committed
 * stays.
 */
export async function downloadPartition(run: SyncRun, job: PartitionJob): Promise<void> {
  const names = nameWalk(run);
  const accounts = accountWalk(run, job);
  let token = job.partition.pageToken ?? "";
  const isAtMark = [names, accounts].some(({ mark }) => token.startsWith(mark));
  if (!isAtMark) token = await downloadPages(run, job);
  if (token.startsWith(accounts.mark)) {
    await walkAccounts(run, job, { walk: accounts, from: token });
    token = accountMark(names, 0n);
  }
  await walkAccounts(run, job, { walk: names, from: token });
}
