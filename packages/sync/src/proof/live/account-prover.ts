// What is proved of a shard that is followed: what blocks touched, what they touched before that and nobody
// has proved since, and all rows where a download could not be proved.
import { sleep, systemClock } from "@snaprag/client";
import type { BlockBatch } from "@snaprag/storage";
import { confirmDifferences } from "../rows/suspects/confirm-differences.ts";
import type { Backlog } from "./backlog.ts";
import { findSuspects, listNamed } from "./find-suspects.ts";
import type { FollowedShard, Settled } from "./prove-rows.ts";
import { createRowsProof, settleDifferences } from "./prove-rows.ts";
import type { Due } from "./touched-accounts.ts";
import { createTouchedAccounts, firstBlockOf } from "./touched-accounts.ts";

/** Proves accounts of a shard. What could not be proved is due again. */
export interface AccountProver {
  /** Adds what a batch touched. */
  add(batch: BlockBatch): void;
  /** Proves what is due after a batch. */
  proveDue(batch: BlockBatch): Promise<void>;
  /** Whether there is anything to be proved while nothing is due. */
  hasBacklog(): boolean;
  /** Proves a few accounts of the backlog, after a batch; first it looks for more of them. */
  proveBacklog(batch: BlockBatch): Promise<void>;
  /** Adds what is not proved to the backlog, which outlives the prover. */
  handOver(): void;
}

/** Times in a row that an account may be undecided before it is looked at until it is. */
const MAX_UNDECIDED = 5;

/** How long a backlog waits for shards that are behind before it looks again. */
const PAUSE_MS = 200;
/** Blocks before the first one that are looked at for what they touched, however long the interval. */
const MOST_EARLIER = 1000n;
/** Tries to read those: a node that does not tell of them keeps nothing else from being proved. */
const EARLIER_TRIES = 3;

/** Proves accounts that blocks touched. Returns what came of it, and those that it could not be told of. */
async function proveAccounts(shard: FollowedShard, { touches, wholeFrom }: Due, lastBlock: bigint) {
  const { run, shardId, reading } = shard;
  const isOverdue = [...touches.values()].some(({ undecided }) => undecided >= MAX_UNDECIDED);
  const firstBlock = firstBlockOf(touches) ?? lastBlock;
  const search = { fids: [...touches.keys()], firstBlock, wholeFrom, lastBlock };
  const { roots, unsure, isAllTold } = await findSuspects(shard, search);
  const { store, logger } = run;
  const patience = isOverdue ? "to the end" : "once";
  const suspects = {
    store,
    shardId,
    fids: [...roots.keys()],
    hasSignatures: false,
    patience,
  } as const;
  const found = await confirmDifferences(reading, { ...suspects, toldRoots: roots });
  const { differences, pending } = found;
  const counts = { accounts: touches.size, suspects: roots.size };
  logger.debug({ shardId, ...counts, differences: differences.length }, "accounts proved");
  const settled = await settleDifferences(shard, differences);
  return { ...settled, isAllTold, undecided: [...pending, ...unsure, ...settled.unsettled] };
}

/** As {@link proveAccounts}, of a few accounts of a backlog: against the live trie alone. */
async function proveSome(shard: FollowedShard, backlog: Backlog) {
  const { run, shardId, reading } = shard;
  const { signal, clock = systemClock } = reading;
  const startedAt = clock.elapsed();
  const fids = backlog.take();
  try {
    const suspects = { store: run.store, shardId, fids, hasSignatures: false } as const;
    const found = await confirmDifferences(reading, { ...suspects, patience: "briefly" });
    const { differences, pending } = found;
    const settled = await settleDifferences(shard, differences);
    // Following is to have at least half of the time.
    await sleep(clock.elapsed() - startedAt, signal, clock);
    return { ...settled, undecided: [...pending, ...settled.unsettled] };
  } catch (error) {
    backlog.addAccounts(fids);
    throw error;
  }
}

/** How a shard is proved. */
export interface AccountProverOptions {
  /** Blocks after which what they touched is due. */
  readonly interval: bigint;
  readonly backlog: Backlog;
  /** The first block that is followed; what those right before it touched is added to the backlog. */
  readonly firstBlock: bigint;
}

/** Creates the prover of a shard of which nothing was touched yet. */
export function createAccountProver(
  shard: FollowedShard,
  { interval, backlog, firstBlock }: AccountProverOptions,
): AccountProver {
  const { run, shardId, reading } = shard;
  const { signal } = reading;
  const rowsProof = createRowsProof(shard, interval);
  const touched = createTouchedAccounts(interval);
  /** 0 when it is known what earlier blocks touched. */
  let earlierTries = EARLIER_TRIES;

  /** Of whoever followed the blocks before, nobody knows what was still to be proved. */
  async function addEarlier(): Promise<void> {
    earlierTries -= 1;
    const count = interval < MOST_EARLIER ? interval : MOST_EARLIER;
    const earliest = firstBlock > count ? firstBlock - count : 1n;
    const range = { firstBlock: earliest, lastBlock: firstBlock - 1n };
    backlog.addAccounts(await listNamed(shard, range));
    earlierTries = 0;
  }

  function react({ isRepaired, isBroken }: Settled, batch: BlockBatch): void {
    if (isRepaired) touched.hurry();
    if (isBroken) rowsProof.resumeAfter(batch);
  }

  async function proveTouched(batch: BlockBatch): Promise<void> {
    const { blockNumber } = batch;
    const due = touched.takeDue(blockNumber);
    if (due.touches.size === 0 && due.wholeFrom === undefined) return;
    try {
      const settled = await proveAccounts(shard, due, blockNumber);
      touched.putBackUndecided(settled.undecided, due.touches);
      if (!settled.isAllTold) touched.putBackWhole(due);
      react(settled, batch);
    } catch (error) {
      touched.putBack(due);
      throw error;
    }
  }

  return {
    add: touched.add,
    async proveDue(batch) {
      await proveTouched(batch);
      // What all rows were proved with needs no other proof.
      if (await rowsProof.afterBatch(batch)) backlog.clear();
    },
    hasBacklog: () => backlog.size > 0 || earlierTries > 0,
    async proveBacklog(batch) {
      // Blocks are more urgent than any backlog.
      if (run.shardsBehind.size > 0) return sleep(PAUSE_MS, signal, reading.clock);
      if (earlierTries > 0) return addEarlier();
      const settled = await proveSome(shard, backlog);
      touched.putBackUndecided(settled.undecided, new Map());
      react(settled, batch);
      if (backlog.size > 0) return;
      run.logger.info({ shardId }, "accounts looked at that earlier blocks touched");
    },
    handOver: () => backlog.addAccounts(touched.list()),
  };
}
