import type { Change } from "@snaprag/processors";
import type { FidAccountRootHash, ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { PageBatch, PartitionProgress, PartitionProof } from "@snaprag/storage";
import type { OpaqueSubtree } from "@snaprag/verify";
import type { AccountMismatch } from "../proof/history/account-claims.ts";
import { describeMismatch } from "../proof/history/account-claims.ts";
import { isResumable, proveStep } from "../proof/history/partition-prover.ts";
import { trieKeysOf } from "../proof/leaves/trie-keys.ts";
import { messagesOfEntries } from "../run/quarantine/carrier.ts";
import { processSurely } from "../run/quarantine/process-surely.ts";
import type { SyncRun } from "../run/sync-run.ts";
import { processContextOf } from "../run/sync-run.ts";
import type { AccountDirectory } from "./accounts/list-accounts.ts";
import type { PartitionFailures } from "./failures.ts";
import { madeAgain } from "./made-again.ts";
import type { Limit } from "./plan/download-limits.ts";
import type { PageContext, ProcessedPage } from "./process-page.ts";
import { processPage } from "./process-page.ts";

/** One partition to bring to its end. */
export interface PartitionJob {
  readonly partition: PartitionProgress;
  /** Time of the snapshot's block. */
  readonly at: Date;
  /** Accounts of the shard at the partition's height, and maybe later ones; listed when needed. */
  readonly listAccounts: () => Promise<AccountDirectory>;
  readonly pages: Limit;
  readonly failures: PartitionFailures;
  /** Whether what is listed may be there: as the partition says, and once all of it is read again. */
  isRelisted: boolean;
  /** What is proved up to the step in hand; null before the first, undefined without a proof. */
  proof: PartitionProof | null | undefined;
  /** Called after every step that was committed. */
  readonly onStep: (step: { readonly entryCount: number; readonly messageCount: number }) => void;
}

/** What a node lists in one step. */
export interface Listed {
  readonly entries: readonly ShardTrieEntryWithMessage[];
  /** What the node tells of the accounts that occur. */
  readonly accountRoots: readonly FidAccountRootHash[];
  /**
   * The leaves, where they are others than the entries', such as parts known by hash alone.
   *
   * @default the keys of the entries
   */
  readonly leaves?: readonly (Uint8Array | OpaqueSubtree)[] | undefined;
  /** Accounts that their entries do not prove whole, by the low 32 bits of their fids. */
  readonly unprovenAccounts?: readonly bigint[] | undefined;
}

/** One step of a partition's progress, from the token it stands at to the next one. */
export interface PartitionStep {
  readonly pageToken: string | null;
  /** Null when the partition is done. */
  readonly nextPageToken: string | null;
  /** What is listed; made anew for whoever asks again. */
  readonly list: () => Listed;
  /** Asks the node for the same once more. */
  readonly readAgain: () => Promise<Listed>;
  /** Accounts among them that were fetched one by one. */
  readonly fallbackCount: number;
}

/** A partition is proved from its first page on, or not at all: then its rows are, later. */
export function beginProof(
  { options, blake3, logger }: SyncRun,
  { shardId, virtualShard, pageToken, proof }: PartitionProgress,
): PartitionJob["proof"] {
  if (options.verification === "none") return undefined;
  if (proof === null) return pageToken === null ? null : undefined;
  if (isResumable(proof, blake3)) return proof;
  logger.info({ shardId, virtualShard }, "proof begun by another version, rows are proved later");
  return undefined;
}

/**
 * The changes of a page, made again for whoever asks again. Not where something was set aside: what is
 * known of that is about these objects.
 */
function changesOf(
  { changes, quarantined }: ProcessedPage,
  makeAgain: () => readonly Change[],
): () => readonly Change[] {
  return quarantined.length === 0 ? madeAgain(changes, makeAgain) : () => changes;
}

/**
 * Processes and proves what is listed. What it returns holds neither entries nor changes, unless something was
 * set aside or `list` keeps them.
 */
async function processStep(
  run: SyncRun,
  job: PartitionJob,
  { list, isLast }: { readonly list: () => Listed; readonly isLast: boolean },
) {
  const { partition, at } = job;
  const { shardId, height } = partition;
  const { entries, accountRoots, unprovenAccounts = [], leaves } = list();
  const context: PageContext = { ...processContextOf(run, shardId), height, at };
  const checks = await run.checkMessages(messagesOfEntries(entries));
  const page = processPage(entries, context, checks);
  const processed = {
    listChanges: changesOf(page, () => processPage(list().entries, context, checks).changes),
    leaves: page.leaves,
    quarantined: page.quarantined,
    entryCount: entries.length,
    messageCount: page.changes.length,
  };
  const mismatches: readonly AccountMismatch[] = [];
  const { spoiltCount } = page;
  if (job.proof === undefined) return { ...processed, proof: undefined, mismatches, spoiltCount };
  const step = proveStep(
    job.proof,
    {
      leaves: leaves ?? trieKeysOf(entries),
      accountRoots,
      faultyAccounts: new Set([...page.faultyAccounts, ...unprovenAccounts]),
      isLast,
    },
    run.blake3,
  );
  return { ...processed, ...step, spoiltCount: spoiltCount + step.mismatches.length };
}

/** Keeps in sight which accounts the node lists otherwise than it tells. */
async function recordMismatches(
  { store, logger }: SyncRun,
  { shardId, virtualShard }: PartitionProgress,
  mismatches: readonly AccountMismatch[],
): Promise<void> {
  for (const mismatch of mismatches) {
    const { fid } = mismatch;
    const message = `Account of fid ${fid} is not proved: ${describeMismatch(mismatch)}`;
    logger.error({ shardId, virtualShard, fid }, message);
    const code = "account_mismatch";
    await store.recordFault({ shardId, virtualShard, code, message, isRetried: false });
  }
}

/**
 * Processes, proves and stores what is listed in a step, with the progress it makes.
 */
export async function applyStep(
  run: SyncRun,
  job: PartitionJob,
  { pageToken, nextPageToken, list, readAgain, fallbackCount }: PartitionStep,
): Promise<void> {
  const { partition, at, onStep } = job;
  const { shardId, virtualShard, height } = partition;
  const isLast = nextPageToken === null;
  const processed = await processSurely({
    input: list,
    readAgain: async () => {
      const again = await readAgain();
      return () => again;
    },
    process: (input) => processStep(run, job, { list: input, isLast }),
    logger: run.logger.child({ shardId, virtualShard }),
  });
  const { listChanges, messageCount, leaves, quarantined, proof, mismatches } = processed;
  await recordMismatches(run, partition, mismatches);
  const page: PageBatch = {
    shardId,
    virtualShard,
    height,
    at,
    pageToken,
    nextPageToken,
    isLast,
    isRelisted: job.isRelisted,
    get changes() {
      return listChanges();
    },
    messageCount,
    fallbackCount,
    quarantined,
    leaves,
    proof: proof ?? null,
  };
  const write = { shardId, virtualShard, messageCount };
  await run.slowWrites.watch(write, () => run.store.applyPage(page));
  job.proof = proof;
  onStep({ entryCount: processed.entryCount, messageCount });
}

/** A step that brings nothing but a new place to stand at. */
export function moveTo(pageToken: string | null, nextPageToken: string): PartitionStep {
  const listed: Listed = { entries: [], accountRoots: [] };
  const list = () => listed;
  return { pageToken, nextPageToken, list, readAgain: async () => listed, fallbackCount: 0 };
}
