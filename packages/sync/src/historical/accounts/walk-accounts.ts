import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { SyncRun } from "../../run/sync-run.ts";
import type { PartitionJob } from "../partition-job.ts";
import { applyStep } from "../partition-job.ts";

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
    const readBatch = async () => (await Promise.all(batch.map(walk.read))).flat();
    const next = fids[start];
    const nextPageToken = next === undefined ? walk.tokenAfter : accountMark(walk, next);
    await applyStep(run, job, {
      pageToken,
      nextPageToken,
      entries: await readBatch(),
      readAgain: readBatch,
      fallbackCount: walk.isFallback ? batch.length : 0,
    });
    pageToken = nextPageToken ?? "";
  } while (start < fids.length);
}
