import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { PartitionProgress } from "@snaprag/storage";
import { processSurely } from "../run/quarantine/process-surely.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import type { AccountDirectory } from "./accounts/list-accounts.ts";
import type { PageFailures } from "./page-failures.ts";
import type { PageContext } from "./process-page.ts";
import { processPage } from "./process-page.ts";

/** One partition to bring to its end. */
export interface PartitionJob {
  readonly partition: PartitionProgress;
  /** Time of the snapshot's block. */
  readonly at: Date;
  /** Accounts of the shard, listed when first needed. */
  readonly listAccounts: () => Promise<AccountDirectory>;
  /** Outlives a single try at the partition. */
  readonly pageFailures: PageFailures;
  /** Called after every step that was committed. */
  readonly onStep: (step: { readonly entryCount: number; readonly messageCount: number }) => void;
}

/** One step of a partition's progress, from the token it stands at to the next one. */
export interface PartitionStep {
  readonly pageToken: string | null;
  /** Null when the partition is done. */
  readonly nextPageToken: string | null;
  readonly entries: readonly ShardTrieEntryWithMessage[];
  /** Reads the entries once more. */
  readonly readAgain: () => Promise<readonly ShardTrieEntryWithMessage[]>;
  /** Accounts among them that were fetched one by one. */
  readonly fallbackCount: number;
}

/**
 * Processes and stores the entries of a step, with the progress it makes.
 */
export async function applyStep(
  run: SyncRun,
  { partition, at, onStep }: PartitionJob,
  { pageToken, nextPageToken, entries, readAgain, fallbackCount }: PartitionStep,
): Promise<void> {
  const { shardId, virtualShard, height, isRelisted } = partition;
  const context: PageContext = { ...processContextOf(run, shardId), height, at };
  const processed = await processSurely({
    input: entries,
    readAgain,
    process: (input) => processPage(input, context, run.blake3),
    logger: run.logger.child({ shardId, virtualShard }),
  });
  const { changes, quarantined } = processed;
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

/** A step that brings nothing but a new place to stand at. */
export function moveTo(pageToken: string | null, nextPageToken: string): PartitionStep {
  const entries: readonly ShardTrieEntryWithMessage[] = [];
  return { pageToken, nextPageToken, entries, readAgain: async () => entries, fallbackCount: 0 };
}
