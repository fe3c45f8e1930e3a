import type { NodeClient } from "@snaprag/client";
import { FarcasterNetwork } from "@snaprag/proto";

/** Farcaster seconds from which gasless keys exist (V16, docs/protocol.md appendix B). */
const GASLESS_KEYS_SINCE: ReadonlyMap<number, bigint> = new Map([
  [FarcasterNetwork.MAINNET, 168_714_000n],
  [FarcasterNetwork.TESTNET, 167_947_200n],
]);

/** Which shard-0 blocks to search. */
export interface KeyBlockSearch {
  readonly network: number;
  /** First block that a node holds anything of interest in, as its snapshot metadata says. */
  readonly startBlock: bigint;
  /** The node's newest block. */
  readonly newestBlock: bigint;
}

/** Time of a block; of the first one after it that the node still has. */
async function readTime(
  client: NodeClient,
  { startBlock, stopBlock }: { readonly startBlock: bigint; readonly stopBlock: bigint },
  signal: AbortSignal,
): Promise<bigint | undefined> {
  for await (const { header } of client.readBlocks({ startBlock, stopBlock }, { signal })) {
    return header?.timestamp;
  }
  return undefined;
}

/**
 * The first shard-0 block that can hold a gasless key, by bisection: about 25 calls on mainnet,
 * instead of reading millions of blocks that hold none.
 */
export async function findFirstKeyBlock(
  client: NodeClient,
  { network, startBlock, newestBlock }: KeyBlockSearch,
  signal: AbortSignal,
): Promise<bigint> {
  const since = GASLESS_KEYS_SINCE.get(network);
  if (since === undefined) return startBlock;
  let low = startBlock;
  let high = newestBlock;
  while (low < high) {
    const middle = (low + high) / 2n;
    const time = await readTime(client, { startBlock: middle, stopBlock: middle + 1n }, signal);
    if (time !== undefined && time >= since) high = middle;
    else low = middle + 1n;
  }
  return low;
}
