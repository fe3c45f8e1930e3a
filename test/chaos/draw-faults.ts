import type { FaultPlan, RpcMethod } from "@snaprag/devnet";
import type { Random } from "../support/random.ts";

/** Calls that a sync makes, which may therefore fail. */
const CALLS: readonly [RpcMethod, ...RpcMethod[]] = [
  "GetShardTransactions",
  "GetShardSnapshotMetadata",
  "GetEvents",
  "Subscribe",
  "GetBlocks",
  "GetInfo",
  "GetFids",
  "GetTrieMetadataByPrefix",
  "GetUserNameProofsByFid",
];

/**
 * Statuses that may pass: cancelled, unknown, deadline exceeded, resource exhausted, aborted,
 * internal, unavailable. Others tell a client to stop, and NOT_FOUND is an answer.
 */
const STATUSES: readonly [number, ...number[]] = [1, 2, 4, 8, 10, 13, 14];

/** One kind of fault, as strong as chance has it. */
type FaultDraw = (random: Random) => FaultPlan;

const DRAWS: readonly [FaultDraw, ...FaultDraw[]] = [
  (random) => ({ drop: { chance: random.next() * 0.3 } }),
  (random) => ({ delay: { chance: 0.2, maxMs: random.integer(1, 60) } }),
  (random) => ({ duplicate: { chance: random.next() * 0.5 } }),
  (random) => ({ reorder: { chance: random.next() * 0.5 } }),
  (random) => ({ ringLoss: { chance: 0.02, events: random.integer(1, 80) } }),
  (random) => ({ replayGap: { events: random.integer(1, 40) } }),
  (random) => ({ endStream: { chance: random.next() * 0.05 } }),
  (random) => ({ failStream: { chance: random.next() * 0.05, code: random.pick(STATUSES) } }),
  () => ({ stallStream: { chance: 0.002, times: 1 } }),
  (random) => ({
    rpcErrors: [
      { method: random.pick(CALLS), code: random.pick(STATUSES), chance: random.next() * 0.5 },
      { method: random.pick(CALLS), code: random.pick(STATUSES), times: random.integer(1, 4) },
    ],
  }),
  (random) => ({ slowRpcs: [{ method: random.pick(CALLS), chance: 0.1, delayMs: 40 }] }),
  (random) => ({ loseSnapshot: { chance: 0.003, times: random.integer(1, 2) } }),
  (random) => ({ labelLate: { blocks: random.integer(1, 3) } }),
  () => ({ unorderedSnapshots: {} }),
  (random) => ({ corrupt: { chance: random.next() * 0.1 } }),
];

/** Draws faults that pass. */
export function drawFaults(random: Random): FaultPlan {
  // No fault is a plan too: what went wrong is over.
  const count = random.integer(0, 3);
  return Object.assign({}, ...Array.from({ length: count }, () => random.pick(DRAWS)(random)));
}

/** Draws faults that stay to the end, and that a mirror has to live with. */
export function drawLastingFaults(random: Random): FaultPlan {
  return {
    ...(random.chance(0.2) && { unpageable: { chance: random.next() * 0.4 } }),
    ...(random.chance(0.06) && { corruptMessages: { chance: random.next() * 0.02 } }),
  };
}
