// Proof while following: the accounts that blocks touched, against what the blocks and the live trie
// say of them. What differs is repaired.
import type { Change } from "@snaprag/processors";
import { isSameBytes } from "@snaprag/proto";
import type { BlockBatch, LeafChange } from "@snaprag/storage";
import { toChainRoot } from "../node/chain-root.ts";
import { confirmDifferences } from "../rows/confirm-differences.ts";
import { readAccounts } from "../rows/read-accounts.ts";
import { accountRootOf } from "../rows/shard-tree.ts";
import type { FollowedShard } from "./prove-rows.ts";
import { createRowsProof, settleDifferences } from "./prove-rows.ts";
import { tryToProve } from "./try-to-prove.ts";

const LOW_32_BITS = 0xffffffffn;
/** No root: not even that of an account without leaves, which is empty. */
const UNTOLD = Uint8Array.of(0);

/** Proves a shard again and again while its blocks are followed. */
export interface LiveProof {
  /** To be called after each batch that was committed, with nothing written meanwhile. */
  afterBatch(batch: BlockBatch): Promise<void>;
}

/** What is proved, and when. */
export interface LiveProofOptions extends FollowedShard {
  /** Whether the node's newest block was applied; what is further behind is proved when it was. */
  readonly isAtTip: () => boolean;
  /** Whether the shard was downloaded: nothing can be proved of one that begins in the middle. */
  readonly isWhole: boolean;
}

interface BlockRange {
  readonly first: bigint;
  readonly last: bigint;
}

function accountsOf(changes: readonly (Change | LeafChange)[]): readonly bigint[] {
  return changes.map((change) => ("row" in change ? change.row.fid : change.fid) & LOW_32_BITS);
}

/** Roots of accounts as the transactions of blocks left them, up to the last of those blocks. */
async function readTransactionRoots(
  { reading, shardId }: FollowedShard,
  { first, last }: BlockRange,
): Promise<ReadonlyMap<bigint, Uint8Array>> {
  const { client, signal } = reading;
  const roots = new Map<bigint, Uint8Array>();
  const range = { shardId, startBlock: first, stopBlock: last + 1n };
  for await (const chunks of client.readShardChunks(range, { signal })) {
    for (const chunk of chunks) {
      const blockNumber = chunk.header?.height?.blockNumber ?? first;
      toChainRoot(chunk, { shardId, blockNumber }, reading);
      for (const { fid, accountRoot } of chunk.transactions) {
        roots.set(fid & LOW_32_BITS, accountRoot);
      }
    }
  }
  return roots;
}

/** Accounts whose rows are not what transactions say, or of which no transaction tells. */
async function findSuspects(
  { run, reading, shardId }: FollowedShard,
  touched: readonly bigint[],
  told: ReadonlyMap<bigint, Uint8Array>,
): Promise<readonly bigint[]> {
  const { homeShardOf, blake3 } = reading;
  const { network } = reading.network;
  await using view = await run.store.openView();
  const accounts = await readAccounts({ view, shardId, homeShardOf, blake3, network }, touched);
  const byFid = new Map(accounts.map((account) => [account.fid, account]));
  return touched.filter((fid) => {
    const account = byFid.get(fid);
    const root = account && accountRootOf(account, blake3)?.root;
    return !isSameBytes(root ?? new Uint8Array(), told.get(fid) ?? UNTOLD);
  });
}

/** Accounts that blocks touched, and how often it could not be told whether they are right. */
type TouchedAccounts = ReadonlyMap<bigint, number>;

/** Times in a row that an account may be undecided before following waits until it is. */
const MAX_UNDECIDED = 5;

/** Proves accounts that blocks touched. Returns those that the node has changed since. */
async function proveAccounts(
  shard: FollowedShard,
  accounts: TouchedAccounts,
  blocks: BlockRange,
): Promise<{ readonly pending: readonly bigint[]; readonly isRepaired: boolean }> {
  const { run, shardId, reading } = shard;
  const touched = [...accounts.keys()];
  const isStill = touched.every((fid) => (accounts.get(fid) ?? 0) < MAX_UNDECIDED);
  const told = await readTransactionRoots(shard, blocks);
  const fids = await findSuspects(shard, touched, told);
  const { store, logger } = run;
  const suspects = { store, shardId, fids, hasSignatures: false, isStill };
  const { differences, pending } = await confirmDifferences(reading, suspects);
  const counts = { accounts: touched.length, differences: differences.length };
  logger.debug({ shardId, blockNumber: blocks.last, ...counts }, "accounts proved");
  await settleDifferences(shard, differences);
  return { pending, isRepaired: differences.length > 0 };
}

/** Creates the live proof of a shard; nothing is proved where the interval is 0. */
export function createLiveProof(options: LiveProofOptions): LiveProof {
  const { run, isAtTip } = options;
  const interval = BigInt(run.options.proofInterval);
  const isOff = !options.isWhole || interval === 0n || run.options.verification === "none";
  const proveRows = createRowsProof(options, interval);
  const touched = new Map<bigint, number>();
  let first: bigint | undefined;
  // What the first batch of a connection touched is proved at once.
  let isUrgent = true;

  function isDue({ blockNumber, changes }: BlockBatch): boolean {
    if (changes.some(({ kind }) => kind === "sweepLinks")) isUrgent = true;
    return isUrgent || blockNumber - (first ?? blockNumber) + 1n >= interval;
  }

  async function proveTouched({ blockNumber }: BlockBatch): Promise<void> {
    const blocks = { first: first ?? blockNumber, last: blockNumber };
    const { pending, isRepaired } = await proveAccounts(options, touched, blocks);
    const undecided = pending.map((fid) => [fid, (touched.get(fid) ?? 0) + 1] as const);
    touched.clear();
    for (const [fid, times] of undecided) touched.set(fid, times);
    first = undefined;
    isUrgent = isRepaired;
  }

  return {
    async afterBatch(batch) {
      if (isOff || !isAtTip()) return;
      first ??= batch.previousBlock + 1n;
      for (const fid of accountsOf([...batch.changes, ...(batch.leaves ?? [])])) {
        touched.set(fid, touched.get(fid) ?? 0);
      }
      await tryToProve(run, options.shardId, async () => {
        if (isDue(batch)) await proveTouched(batch);
        await proveRows(batch);
      });
    },
  };
}
