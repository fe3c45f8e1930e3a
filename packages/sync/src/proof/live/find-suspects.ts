// Accounts whose rows are not what the transactions of blocks say, while their shard is followed.
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

/** Roots of accounts as the transactions of blocks left them. */
interface ToldRoots {
  /** The root after the last block that was read; no root when no transaction told one. */
  of(fid: bigint): Uint8Array;
  /** Reads on to a block. */
  readTo(last: bigint): Promise<void>;
}

function createToldRoots({ reading, shardId }: FollowedShard, firstBlock: bigint): ToldRoots {
  const { client, signal } = reading;
  const roots = new Map<bigint, Uint8Array>();
  let startBlock = firstBlock;
  return {
    of: (fid) => roots.get(fid) ?? UNTOLD,
    async readTo(last) {
      if (last < startBlock) return;
      const range = { shardId, startBlock, stopBlock: last + 1n };
      for await (const chunks of client.readShardChunks(range, { signal })) {
        for (const chunk of chunks) {
          const blockNumber = chunk.header?.height?.blockNumber ?? startBlock;
          toChainRoot(chunk, { shardId, blockNumber }, reading);
          // Not the one asked for last: nodes write a block's events before the block.
          startBlock = blockNumber + 1n;
          for (const { fid, accountRoot } of chunk.transactions) {
            roots.set(fid & LOW_32_BITS, accountRoot);
          }
        }
      }
    },
  };
}

/** Accounts whose rows are not what was told, at whatever block the store is by now. */
async function findAmong(
  { run, reading, shardId }: FollowedShard,
  fids: readonly bigint[],
  told: ToldRoots,
): Promise<readonly bigint[]> {
  const { homeShardOf, blake3, network } = reading;
  await using view = await run.store.openView();
  const shard = (await view.listShards()).find((each) => each.shardId === shardId);
  await told.readTo(shard?.blockNumber ?? 0n);
  const accounts = await readAccounts(
    {
      ...{ view, shardId, homeShardOf, blake3, network: network.network },
      hasLeavesOnly: true,
      wantsRow: () => false,
    },
    fids,
  );
  const byFid = new Map(accounts.map((account) => [account.fid, account]));
  return fids.filter((fid) => {
    const account = byFid.get(fid);
    const root = account && accountRootOf(account, blake3)?.root;
    return !isSameBytes(root ?? new Uint8Array(), told.of(fid));
  });
}

/**
 * Accounts that blocks from `firstBlock` on touched, whose rows are not what transactions say, or of
 * which no transaction tells.
 *
 * The shard may be followed meanwhile: rows are held against the transactions up to the very block
 * at which they are seen.
 */
export async function findSuspects(
  shard: FollowedShard,
  fids: readonly bigint[],
  firstBlock: bigint,
): Promise<readonly bigint[]> {
  const told = createToldRoots(shard, firstBlock);
  const suspects: bigint[] = [];
  for (let start = 0; start < fids.length; start += ACCOUNTS_PER_VIEW) {
    shard.reading.signal.throwIfAborted();
    suspects.push(...(await findAmong(shard, fids.slice(start, start + ACCOUNTS_PER_VIEW), told)));
  }
  return suspects;
}
