// Accounts whose rows are not what the transactions of blocks say, while their shard is followed.
import { sleep } from "@snaprag/client";
import { isSameBytes } from "@snaprag/proto";
import { toChainRoot } from "../node/chain-root.ts";
import { readAccounts } from "../rows/read-accounts.ts";
import { accountRootOf } from "../rows/shard-tree.ts";
import type { FollowedShard } from "./prove-rows.ts";

const LOW_32_BITS = 0xffffffffn;
/** No root: not even that of an account without leaves, which is empty. */
const UNTOLD = Uint8Array.of(0);
/** Accounts read at a time: no view of the store is open for long, and no others' work waits. */
const ACCOUNTS_PER_VIEW = 50;

/** Waits before blocks are asked for again: nodes write a block's events before the block. */
const PAUSES_MS = [100, 200, 400];

/** Roots of accounts as the transactions of blocks left them. */
interface ToldRoots {
  /** Accounts of which transactions told, by the low 32 bits of the fid. */
  readonly roots: ReadonlyMap<bigint, Uint8Array>;
  /** Reads on to a block; returns whether the node has all up to it. */
  readTo(last: bigint): Promise<boolean>;
}

function createToldRoots({ reading, shardId }: FollowedShard, firstBlock: bigint): ToldRoots {
  const { client, signal, clock } = reading;
  const roots = new Map<bigint, Uint8Array>();
  let startBlock = firstBlock;

  async function readWhatIsThere(last: bigint): Promise<void> {
    const range = { shardId, startBlock, stopBlock: last + 1n };
    for await (const chunks of client.readShardChunks(range, { signal })) {
      for (const chunk of chunks) {
        const blockNumber = chunk.header?.height?.blockNumber ?? startBlock;
        toChainRoot(chunk, { shardId, blockNumber }, reading);
        startBlock = blockNumber + 1n;
        for (const { fid, accountRoot } of chunk.transactions) {
          roots.set(fid & LOW_32_BITS, accountRoot);
        }
      }
    }
  }

  return {
    roots,
    async readTo(last) {
      for (const pauseMs of [0, ...PAUSES_MS]) {
        if (last < startBlock) return true;
        await sleep(pauseMs, signal, clock);
        await readWhatIsThere(last);
      }
      return last < startBlock;
    },
  };
}

/** Accounts that the transactions of blocks name, up to the last of them, as far as the node has them. */
export async function listNamed(
  shard: FollowedShard,
  { firstBlock, lastBlock }: Pick<LiveSearch, "firstBlock" | "lastBlock">,
): Promise<readonly bigint[]> {
  const told = createToldRoots(shard, firstBlock);
  await told.readTo(lastBlock);
  return [...told.roots.keys()];
}

/** Accounts that may be wrong. */
export interface LiveSuspects {
  /** With the roots that transactions told of them, where any did, by the low 32 bits of the fid. */
  readonly roots: ReadonlyMap<bigint, Uint8Array | undefined>;
  /** Accounts of which the node did not have all blocks, so that nothing can be said of them. */
  readonly unsure: readonly bigint[];
  /** Whether the node had all blocks that were to be held against the rows whole. */
  readonly isAllTold: boolean;
}

/** Accounts whose rows are not what was told, at whatever block the store is by now. */
async function findAmong(
  { run, reading, shardId }: FollowedShard,
  fids: readonly bigint[],
  told: ToldRoots,
) {
  const { homeShardOf, blake3, network } = reading;
  await using view = await run.store.openView();
  const shard = await view.findShard(shardId);
  const isAllTold = await told.readTo(shard?.blockNumber ?? 0n);
  const accounts = await readAccounts(
    {
      ...{ view, shardId, homeShardOf, blake3, network: network.network },
      hasLeavesOnly: true,
      wantsRow: () => false,
    },
    fids,
  );
  const byFid = new Map(accounts.map((account) => [account.fid, account]));
  const different = fids.filter((fid) => {
    const account = byFid.get(fid);
    const root = account && accountRootOf(account, blake3)?.root;
    return !isSameBytes(root ?? new Uint8Array(), told.roots.get(fid) ?? UNTOLD);
  });
  return { different, isAllTold };
}

/** Which accounts are to be held against the transactions of blocks. */
export interface LiveSearch {
  /** Accounts that were touched, by the low 32 bits of the fid. */
  readonly fids: readonly bigint[];
  /** The first block that touched any of them. */
  readonly firstBlock: bigint;
  /**
   * The first block of which all accounts are meant that its transactions name; up to `lastBlock`.
   * Undefined for those of `fids` alone.
   */
  readonly wholeFrom: bigint | undefined;
  readonly lastBlock: bigint;
}

/**
 * Accounts whose rows are not what transactions say, or of which no transaction tells.
 *
 * Not only those that events touched: an event that a node has lost, or keeps to itself, leaves its account
 * in the transactions. The shard may be followed meanwhile: rows are held against the transactions up
 * to the very block at which they are seen.
 */
export async function findSuspects(
  shard: FollowedShard,
  { fids, firstBlock, wholeFrom, lastBlock }: LiveSearch,
): Promise<LiveSuspects> {
  const isEarlier = wholeFrom !== undefined && wholeFrom < firstBlock;
  const told = createToldRoots(shard, isEarlier ? wholeFrom : firstBlock);
  const isWholeTold = wholeFrom === undefined || (await told.readTo(lastBlock));
  const all = [...new Set([...fids, ...told.roots.keys()])];
  const roots = new Map<bigint, Uint8Array | undefined>();
  const unsure: bigint[] = [];
  for (let start = 0; start < all.length; start += ACCOUNTS_PER_VIEW) {
    shard.reading.signal.throwIfAborted();
    const some = all.slice(start, start + ACCOUNTS_PER_VIEW);
    const { different, isAllTold } = await findAmong(shard, some, told);
    if (!isAllTold) unsure.push(...different);
    else for (const fid of different) roots.set(fid, told.roots.get(fid));
  }
  return { roots, unsure, isAllTold: isWholeTold };
}
