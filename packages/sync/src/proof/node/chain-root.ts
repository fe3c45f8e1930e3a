// The chain's own root of a shard: what everything else is proved against (docs/protocol.md 4.4).
import type { ShardChunk } from "@snaprag/proto";
import type { CommitStatus } from "@snaprag/storage";
import type { CommitsCheck } from "@snaprag/verify";
import { checkShardChunk } from "@snaprag/verify";
import { SyncError } from "../../errors.ts";
import type { NodeReading } from "./node-reading.ts";

/** A block of a data shard, as far as proofs go. */
export interface ChainRoot {
  readonly blockNumber: bigint;
  /** Root of the shard's trie after the block, 20 bytes. */
  readonly root: Uint8Array;
  readonly commits: CommitStatus;
}

type BlockChecks = Pick<
  NodeReading,
  "blake3" | "ed25519" | "validatorSets" | "areValidatorsConfigured"
>;

const SAID: Readonly<Record<Exclude<CommitsCheck["status"], "failed">, CommitStatus>> = {
  ok: "ok",
  not_configured: "not_configured",
};

interface Place {
  readonly shardId: number;
  readonly blockNumber: bigint;
}

/**
 * Whether a block may be of validators that this version does not know: those of a block before the
 * last change that it knows of are known for good.
 */
function mayBeOfOthers(
  { validatorSets, areValidatorsConfigured }: BlockChecks,
  { shardId, blockNumber }: Place,
): boolean {
  if (areValidatorsConfigured) return false;
  return !validatorSets.some(
    ({ shardIds, effectiveAt }) => shardIds.includes(shardId) && effectiveAt > blockNumber,
  );
}

/** What commits look like where validators have changed: others have signed, or fewer are needed. */
const SIGNS_OF_CHANGE: ReadonlySet<string> = new Set(["unknown_signer", "no_quorum"]);

/**
 * What a check says of commits. Validators change, and those that came after this version was made
 * are unknown to it: unless somebody has named the validators, that is no proof of a lie.
 */
function toCommitStatus(
  check: CommitsCheck,
  checks: BlockChecks,
  place: Place,
): CommitStatus | undefined {
  if (check.status !== "failed") return SAID[check.status];
  const isUnknown = SIGNS_OF_CHANGE.has(check.problem) && mayBeOfOthers(checks, place);
  return isUnknown ? "not_configured" : undefined;
}

/**
 * Takes the root of a block that was asked for.
 *
 * @throws {SyncError} `uncommitted_block` when it is another block, its hash is not its header's, or
 * its validators have not committed it
 */
export function toChainRoot(chunk: ShardChunk, wanted: Place, checks: BlockChecks): ChainRoot {
  const { shardId, blockNumber } = wanted;
  const check = checkShardChunk(chunk, checks);
  const height = chunk.header?.height;
  const isWanted = height?.shardIndex === shardId && height.blockNumber === blockNumber;
  const commits = toCommitStatus(check, checks, wanted);
  if (commits === undefined || !isWanted || chunk.header === undefined) {
    const problem = check.status === "failed" ? check.problem : "it is another block";
    const message = `The node's block ${blockNumber} of shard ${shardId} is not what its validators committed: ${problem}`;
    throw new SyncError("uncommitted_block", message, { shardId });
  }
  return { blockNumber, root: chunk.header.shardRoot, commits };
}

/** Roots of blocks, ascending; of those that the node still has. */
export async function* readChainRoots(
  { client, signal, ...checks }: Pick<NodeReading, "client" | "signal"> & BlockChecks,
  range: { readonly shardId: number; readonly startBlock: bigint; readonly stopBlock: bigint },
): AsyncGenerator<ChainRoot> {
  const { shardId } = range;
  for await (const chunks of client.readShardChunks(range, { signal })) {
    for (const chunk of chunks) {
      const blockNumber = chunk.header?.height?.blockNumber ?? range.startBlock;
      yield toChainRoot(chunk, { shardId, blockNumber }, checks);
    }
  }
}

/** The root of one block; undefined when the node no longer has it. */
export async function findChainRoot(
  reading: Pick<NodeReading, "client" | "signal"> & BlockChecks,
  shardId: number,
  blockNumber: bigint,
): Promise<ChainRoot | undefined> {
  const range = { shardId, startBlock: blockNumber, stopBlock: blockNumber + 1n };
  for await (const root of readChainRoots(reading, range)) {
    if (root.blockNumber === blockNumber) return root;
  }
  return undefined;
}
