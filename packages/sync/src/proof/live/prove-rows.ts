// All rows of a shard proved while it is followed, and what is found put right.
import type { BlockBatch } from "@snaprag/storage";
import type { SyncRun } from "../../run/sync-run.ts";
import type { NodeReading } from "../node/node-reading.ts";
import type { RepairedAccount } from "../repair/repair-accounts.ts";
import { repairAccounts } from "../repair/repair-accounts.ts";
import type { AccountDifference } from "../rows/suspects/examine-account.ts";
import type { ShardVerification, VerifyOptions } from "../verify-store.ts";
import { verifyStore } from "../verify-store.ts";

/** A shard that is followed. */
export interface FollowedShard {
  readonly run: SyncRun;
  readonly shardId: number;
  /** The node that it is followed from. */
  readonly reading: NodeReading;
}

function describe({ missing, missingKeys, extra, altered }: AccountDifference): string {
  const missingCount = missing.length + missingKeys.length;
  return `${missingCount} missing, ${extra.length} too many, ${altered.length} altered`;
}

function outcomeOf({ isProved, isPending }: RepairedAccount): string {
  if (isProved) return "repaired";
  return isPending ? "changed since, and looked at again later" : "it still is not";
}

/** What putting accounts right came to. */
export interface Settled {
  /** Accounts that may still be wrong. */
  readonly unsettled: readonly bigint[];
  /** Whether any was put right. */
  readonly isRepaired: boolean;
  /** Whether any is known to be wrong still, so that the shard is not proved any more. */
  readonly isBroken: boolean;
}

/** An account is wrong, and nothing puts it right: what was proved before says nothing of the rows now. */
async function withdrawProof({ run, shardId }: FollowedShard): Promise<void> {
  const proof = (await run.store.findShard(shardId))?.proof;
  if (!proof || proof.status === "mismatch") return;
  await run.store.recordProof(shardId, { ...proof, status: "mismatch" });
}

/** Puts accounts right, and keeps on record which were wrong. */
export async function settleDifferences(
  shard: FollowedShard,
  differences: readonly AccountDifference[],
): Promise<Settled> {
  const unsettled: bigint[] = [];
  let isBroken = false;
  const { run, shardId, reading } = shard;
  const { store, logger } = run;
  const hasSignatures = run.options.verification === "full";
  const accounts = { store, shardId, differences, hasSignatures };
  for (const repaired of await repairAccounts(reading, accounts)) {
    const { difference, isProved } = repaired;
    const { fid } = difference;
    const message = `The account of fid ${fid} was not what the node has: ${describe(difference)}; ${outcomeOf(repaired)}`;
    logger.error({ shardId, fid, isProved }, message);
    run.activity.of(shardId).errorCount += 1;
    const code = "account_mismatch";
    await store.recordFault({ shardId, virtualShard: null, code, message, isRetried: isProved });
    if (!isProved) unsettled.push(fid);
    isBroken ||= !isProved && !repaired.isPending;
  }
  if (isBroken) await withdrawProof(shard);
  return { unsettled, isBroken, isRepaired: differences.length > unsettled.length };
}

async function recordProof({ run }: FollowedShard, found: ShardVerification): Promise<void> {
  const { shardId, status, blockNumber, root, commits, leafCount, pending } = found;
  run.logger.info(
    { shardId, status, blockNumber, leafCount, pending: pending.length },
    status === "proved" ? "rows proved" : "rows compared, and not all proved",
  );
  if (root === undefined) return;
  const counts = { leafCount: BigInt(leafCount), opaqueLeafCount: 0n };
  await run.store.recordProof(shardId, {
    ...{ status, blockNumber, root, commits, ...counts },
    provedAt: new Date(run.options.clock.now()),
  });
}

/** How all rows of a shard are verified; validators that nobody has named may be out of date. */
function optionsOf({ run, shardId, reading }: FollowedShard): VerifyOptions {
  const { client, signal, areValidatorsConfigured } = reading;
  const validatorSets = areValidatorsConfigured ? reading.validatorSets : undefined;
  const { store, options } = run;
  const { verification, clock } = options;
  return { client, signal, validatorSets, store, shardIds: [shardId], verification, clock };
}

/** Whether looking again would find nothing else: such as in a mirror that is not to have gasless keys. */
function isAllThatCanBeSaid({ status, chainRoot, pending }: ShardVerification): boolean {
  return status === "unproved" && chainRoot !== undefined && pending.length === 0;
}

/** Proves all rows of a shard, until they are proved once. */
export interface RowsProof {
  /** To be called after each batch. Returns whether all rows were proved just now. */
  afterBatch(batch: BlockBatch): Promise<boolean>;
  /** To be called when a proof does not hold any more: all rows are proved again, the later the more often. */
  resumeAfter(batch: BlockBatch): void;
}

/**
 * Creates the proof of all rows, for a shard whose download could not be proved, or whose proof does not
 * hold any more. It is taken again after a repair, and then the more rarely, the longer it comes to nothing.
 */
export function createRowsProof(shard: FollowedShard, intervalBlocks: bigint): RowsProof {
  const { run, shardId } = shard;
  const { store } = run;
  /** Undefined when there is nothing more to prove. */
  let nextBlock: bigint | undefined = 0n;
  let attempts = 0n;

  /** The block to prove them after again. */
  function blockAfter(now: bigint, found: ShardVerification): bigint | undefined {
    if (found.status === "proved" || isAllThatCanBeSaid(found)) return undefined;
    attempts += 1n;
    const isRepaired = found.differences.length > 0 && attempts === 1n;
    return now + (isRepaired ? 1n : intervalBlocks << attempts);
  }

  async function afterBatch({ blockNumber: now }: BlockBatch): Promise<boolean> {
    if (nextBlock === undefined || now < nextBlock) return false;
    // Also after a failure, which says nothing of the rows.
    nextBlock = now + intervalBlocks;
    const progress = await store.findShard(shardId);
    if (progress === undefined || progress.proof?.status === "proved") {
      nextBlock = undefined;
      return false;
    }
    let isProved = false;
    for await (const found of verifyStore(optionsOf(shard))) {
      await settleDifferences(shard, found.differences);
      await recordProof(shard, found);
      nextBlock = blockAfter(now, found);
      isProved = found.status === "proved";
    }
    return isProved;
  }

  return {
    afterBatch,
    resumeAfter({ blockNumber }) {
      if (nextBlock !== undefined) return;
      nextBlock = blockNumber + (intervalBlocks << attempts);
      attempts += 1n;
    },
  };
}
