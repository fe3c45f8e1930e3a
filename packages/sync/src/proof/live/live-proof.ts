// Proof while following: the accounts that blocks touched, against what the blocks and the live trie
// say of them. What differs is repaired. Following goes on meanwhile.
import type { BlockBatch } from "@snaprag/storage";
import { followSignals } from "../../run/follow-signals.ts";
import { confirmDifferences } from "../rows/confirm-differences.ts";
import { findSuspects } from "./find-suspects.ts";
import type { FollowedShard } from "./prove-rows.ts";
import { createRowsProof, settleDifferences } from "./prove-rows.ts";
import type { Due } from "./touched-accounts.ts";
import { createTouchedAccounts, firstBlockOf } from "./touched-accounts.ts";
import { tryToProve } from "./try-to-prove.ts";

/** Proves a shard again and again while its blocks are followed. */
export interface LiveProof extends AsyncDisposable {
  /** To be called after each batch that was committed. Returns at once, whatever is proved. */
  afterBatch(batch: BlockBatch): void;
  /** Whether what the first batch touched is still being proved. */
  isBeginning(): boolean;
}

/** What is proved, and when. */
export interface LiveProofOptions extends FollowedShard {
  /** Whether the node's newest block was applied; what is further behind is proved when it was. */
  readonly isAtTip: () => boolean;
  /** Whether the shard was downloaded: nothing can be proved of one that begins in the middle. */
  readonly isWhole: boolean;
  /** Called when what was due is proved, or could not be for now. */
  readonly onProved: () => void;
  /** Called with what no other try helps against, such as a lie of the node. */
  readonly onFailure: (error: unknown) => void;
}

/** Times in a row that an account may be undecided before it is looked at until it is. */
const MAX_UNDECIDED = 5;

/** Proves accounts that blocks touched. Returns those that it could not be told of. */
async function proveAccounts(shard: FollowedShard, { touches, wholeFrom }: Due, lastBlock: bigint) {
  const { run, shardId, reading } = shard;
  const isOneLook = [...touches.values()].every(({ undecided }) => undecided < MAX_UNDECIDED);
  const firstBlock = firstBlockOf(touches) ?? lastBlock;
  const search = { fids: [...touches.keys()], firstBlock, wholeFrom, lastBlock };
  const { roots, unsure, isAllTold } = await findSuspects(shard, search);
  const { store, logger } = run;
  const suspects = { store, shardId, fids: [...roots.keys()], hasSignatures: false, isOneLook };
  const found = await confirmDifferences(reading, { ...suspects, toldRoots: roots });
  const { differences, pending } = found;
  const counts = { accounts: touches.size, suspects: roots.size };
  logger.debug({ shardId, ...counts, differences: differences.length }, "accounts proved");
  const unsettled = await settleDifferences(shard, differences);
  const undecided = [...pending, ...unsure, ...unsettled];
  return { undecided, isAllTold, isRepaired: differences.length > unsettled.length };
}

/** Creates the live proof of a shard; nothing is proved where the interval is 0. */
export function createLiveProof(options: LiveProofOptions): LiveProof {
  const { run, shardId, isAtTip, onProved, onFailure } = options;
  const leaving = new AbortController();
  const ending = followSignals([options.reading.signal, leaving.signal]);
  const reading = { ...options.reading, signal: ending.signal };
  const shard: FollowedShard = { run, shardId, reading };
  const interval = BigInt(run.options.proofInterval);
  const isOff = !options.isWhole || interval === 0n || run.options.verification === "none";
  const proveRows = createRowsProof(shard, interval);
  const touched = createTouchedAccounts(interval);
  let hasProved = false;
  let latest: BlockBatch | undefined;
  let running: Promise<void> | undefined;

  async function proveTouched({ blockNumber }: BlockBatch): Promise<void> {
    const due = touched.takeDue(blockNumber);
    if (due.touches.size === 0 && due.wholeFrom === undefined) return;
    try {
      const { undecided, isAllTold, isRepaired } = await proveAccounts(shard, due, blockNumber);
      touched.putBackUndecided(undecided, due.touches);
      if (!isAllTold) touched.putBackWhole(due);
      if (isRepaired) touched.hurry();
    } catch (error) {
      touched.putBack(due);
      throw error;
    }
  }

  /** Proves what is due, also what became so meanwhile. */
  async function prove(): Promise<void> {
    try {
      for (let proved: BlockBatch | undefined; latest && latest !== proved; ) {
        const batch = latest;
        await tryToProve(run, shardId, async () => {
          await proveTouched(batch);
          await proveRows(batch);
        });
        proved = batch;
        hasProved = true;
        onProved();
      }
    } catch (error) {
      if (!leaving.signal.aborted) onFailure(error);
    }
    running = undefined;
  }

  return {
    isBeginning: () => running !== undefined && !hasProved,
    afterBatch(batch) {
      if (isOff || !isAtTip()) return;
      touched.add(batch);
      latest = batch;
      running ??= prove();
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await running;
      ending[Symbol.dispose]();
    },
  };
}
