// The proof of a downloaded shard: the roots of its partitions, put together, against the chain's.
import { isSameBytes } from "@snaprag/proto";
import type { PartitionProgress, ProofStatus, ShardProof } from "@snaprag/storage";
import type { TrieRoot } from "@snaprag/verify";
import { shardRootOf } from "@snaprag/verify";
import type { SyncRun } from "../../run/sync-run.ts";
import type { ChainRoot } from "../node/chain-root.ts";
import { readChainRoots } from "../node/chain-root.ts";

/**
 * Blocks after the one a snapshot is labelled with among which its content may be: nodes wait some
 * 400 ms for it and go on (docs/protocol.md 2.2).
 */
const LATEST_LABEL_BLOCKS = 100n;
/** Blocks before it, of which a node that lists an older snapshot may be showing the content. */
const EARLIER_BLOCKS = 100n;

/** The height of all partitions, when they are of one snapshot and all proved. */
function commonHeight(partitions: readonly PartitionProgress[]): bigint | undefined {
  const [first] = partitions;
  const isWhole = partitions.every(
    ({ status, height, proof }) =>
      status === "done" && height === first?.height && proof !== null && proof.root !== null,
  );
  return isWhole ? first?.height : undefined;
}

function rootOf(partitions: readonly PartitionProgress[], { blake3 }: SyncRun): TrieRoot {
  const roots = new Map(
    partitions.map(({ virtualShard, proof }) => [
      virtualShard,
      {
        root: proof?.root ?? new Uint8Array(),
        leafCount: proof?.leafCount ?? 0,
        opaqueLeafCount: proof?.opaqueLeafCount ?? 0,
      },
    ]),
  );
  return shardRootOf(roots, blake3);
}

/** Looks for the block that a root is of: at the label, a little after it, and before. */
async function findBlock(
  run: SyncRun,
  {
    shardId,
    height,
    root,
  }: { readonly shardId: number; readonly height: bigint; readonly root: Uint8Array },
) {
  const reading = { ...run, client: run.nodes.of(shardId) };
  const first = height > EARLIER_BLOCKS ? height - EARLIER_BLOCKS : 1n;
  let labelled: ChainRoot | undefined;
  let earlier: ChainRoot | undefined;
  const after = { shardId, startBlock: height, stopBlock: height + LATEST_LABEL_BLOCKS };
  for await (const chain of readChainRoots(reading, after)) {
    if (chain.blockNumber === height) labelled = chain;
    if (isSameBytes(chain.root, root)) return { labelled, found: chain };
  }
  const before = { shardId, startBlock: first, stopBlock: height };
  for await (const chain of readChainRoots(reading, before)) {
    if (isSameBytes(chain.root, root)) earlier = chain;
  }
  return { labelled, earlier };
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "none" : Buffer.from(bytes).toString("hex");
}

async function recordMismatch(
  { store, logger }: SyncRun,
  {
    shardId,
    height,
    whole,
  }: { readonly shardId: number; readonly height: bigint; readonly whole: TrieRoot },
  {
    labelled,
    earlier,
  }: { readonly labelled?: ChainRoot | undefined; readonly earlier?: ChainRoot | undefined },
): Promise<void> {
  const listed = `The ${whole.leafCount} leaves that the node lists of shard ${shardId} for block ${height} have the root ${hex(whole.root)}`;
  const told = `the block says ${hex(labelled?.root)}`;
  const why = earlier ? `; it is the root of block ${earlier.blockNumber}, an older snapshot` : "";
  const message = `${listed}, ${told}${why}`;
  logger.error({ shardId, height }, message);
  const code = "root_mismatch";
  await store.recordFault({ shardId, virtualShard: null, code, message, isRetried: false });
}

/** How the leaves of a shard compare with the chain. */
interface Comparison {
  readonly shardId: number;
  readonly whole: TrieRoot;
  readonly isFound: boolean;
  readonly unprovenCount: number;
}

/** What is said of a snapshot, by what its proof comes to. */
const SENTENCES: Readonly<Record<ProofStatus, string>> = {
  proved: "snapshot proved",
  mismatch: "snapshot not proved, rows are proved later",
  unproved: "the snapshot's root fits, and not every row follows from it: rows are proved later",
};

/** Whether there are rows that a proof of what was listed says nothing of. */
function hasOtherRows(
  { options }: SyncRun,
  partitions: readonly PartitionProgress[],
  { opaqueLeafCount }: TrieRoot,
): boolean {
  // Rows of before the download, which ends those that it does not list and does not alter the others.
  if (partitions.some(({ isRelisted }) => isRelisted)) return true;
  // Gasless keys, which only shard 0 brings.
  return opaqueLeafCount > 0 && options.shardIds?.includes(0) === false;
}

/**
 * What a root says that fits its block, or does not. What was set aside, be it that the database refused
 * it, has a leaf in it and no row; accounts may be in it by their told roots alone.
 */
async function findStatus(
  run: SyncRun,
  partitions: readonly PartitionProgress[],
  { shardId, whole, isFound, unprovenCount }: Comparison,
): Promise<ProofStatus> {
  const { store } = run;
  if (!isFound) return "mismatch";
  const shards = await store.listShards();
  const hasSetAside = shards.some((each) => each.shardId === shardId && each.quarantinedCount > 0);
  if (hasSetAside) return "mismatch";
  if (unprovenCount > 0) return "unproved";
  return hasOtherRows(run, partitions, whole) ? "unproved" : "proved";
}

/**
 * Proves a shard that was downloaded, and keeps what came of it. Partitions of several snapshots, or
 * with parts that were not proved, have no root in common: then rows are proved instead, once they
 * have followed the events to one block.
 */
export async function proveSnapshot(run: SyncRun, shardId: number): Promise<void> {
  const { store, logger } = run;
  const partitions = await store.listPartitions(shardId);
  const height = commonHeight(partitions);
  if (height === undefined) {
    logger.info(
      { shardId },
      "partitions are of several snapshots or not all proved, rows are proved later",
    );
    return;
  }
  const whole = rootOf(partitions, run);
  const search = { shardId, height, root: whole.root };
  const { labelled, found, earlier } = await findBlock(run, search);
  if (found === undefined && labelled === undefined) {
    logger.warn({ shardId, height }, "the node has no block to prove the snapshot against");
    return;
  }
  if (found === undefined)
    await recordMismatch(run, { shardId, height, whole }, { labelled, earlier });
  const unprovenCount = partitions.reduce(
    (sum, { proof }) => sum + (proof?.unprovenAccountCount ?? 0),
    0,
  );
  const comparison = { shardId, whole, isFound: found !== undefined, unprovenCount };
  const proof: ShardProof = {
    status: await findStatus(run, partitions, comparison),
    blockNumber: found?.blockNumber ?? height,
    root: whole.root,
    leafCount: BigInt(whole.leafCount),
    opaqueLeafCount: BigInt(whole.opaqueLeafCount),
    commits: (found ?? labelled)?.commits ?? "unchecked",
    provedAt: new Date(run.options.clock.now()),
  };
  await store.recordProof(shardId, proof);
  const { status, blockNumber, commits } = proof;
  logger.info(
    { shardId, status, blockNumber, commits, ...toCounts(whole), unprovenCount },
    SENTENCES[status],
  );
}

function toCounts({ leafCount, opaqueLeafCount }: TrieRoot) {
  return { leafCount, opaqueLeafCount };
}
