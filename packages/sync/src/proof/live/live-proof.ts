// Proof while following: the accounts that blocks touched, against what the blocks and the live trie
// say of them. What differs is repaired. Following goes on meanwhile.
import type { BlockBatch } from "@snaprag/storage";
import { followSignals } from "../../run/follow-signals.ts";
import type { AccountProver } from "./account-prover.ts";
import { createAccountProver } from "./account-prover.ts";
import type { Backlog } from "./backlog.ts";
import type { FollowedShard } from "./prove-rows.ts";
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
  /** Whether the node's newest block was applied. */
  readonly isAtTip: () => boolean;
  /** Accounts that were touched before that: proved, a few at a time, after that. Outlives this proof. */
  readonly backlog: Backlog;
  /** Whether the shard was downloaded: nothing can be proved of one that begins in the middle. */
  readonly isWhole: boolean;
  /** Called when what was due is proved, or could not be for now. */
  readonly onProved: () => void;
  /** Called with what no other try helps against, such as a lie of the node. */
  readonly onFailure: (error: unknown) => void;
}

/** Creates the live proof of a shard; nothing is proved where the interval is 0. */
export function createLiveProof(options: LiveProofOptions): LiveProof {
  const { run, shardId, isAtTip, backlog, onProved, onFailure } = options;
  const leaving = new AbortController();
  const ending = followSignals([options.reading.signal, leaving.signal]);
  const reading = { ...options.reading, signal: ending.signal };
  const shard: FollowedShard = { run, shardId, reading };
  const interval = BigInt(run.options.proofInterval);
  const isOff = !options.isWhole || interval === 0n || run.options.verification === "none";
  let prover: AccountProver | undefined;
  let hasProved = false;
  let latest: BlockBatch | undefined;
  let running: Promise<void> | undefined;

  /** Proves what is due, also what became so meanwhile; and what else there is while nothing is. */
  async function prove({ proveDue, proveBacklog, hasBacklog }: AccountProver): Promise<void> {
    try {
      let proved: BlockBatch | undefined;
      let isAnswered = true;
      while (latest && (latest !== proved || (isAnswered && hasBacklog()))) {
        const batch = latest;
        const isNew = batch !== proved;
        isAnswered = await tryToProve(run, shardId, () =>
          isNew ? proveDue(batch) : proveBacklog(batch),
        );
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
      if (isOff) return;
      prover ??= createAccountProver(shard, {
        ...{ interval, backlog },
        firstBlock: batch.previousBlock + 1n,
      });
      if (!isAtTip()) {
        backlog.add(batch);
        return;
      }
      prover.add(batch);
      latest = batch;
      running ??= prove(prover);
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await running;
      prover?.handOver();
      ending[Symbol.dispose]();
    },
  };
}
