import type { Clock, NodeClient } from "@snaprag/client";
import { sleep } from "@snaprag/client";
import { fromFarcasterTime } from "@snaprag/processors";
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
  /** Time after which no block is wanted: where none can hold a key before it, the first one after it is it. */
  readonly until?: Date | undefined;
  /** @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** Waits before a block is asked for again: a stream may end before it has given what it has. */
const PAUSES_MS = [50, 200];

/** Time of a block, in Farcaster seconds; undefined when the node has pruned it. */
async function readTime(
  client: Pick<NodeClient, "readBlocks">,
  startBlock: bigint,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock?: Clock | undefined },
): Promise<bigint | undefined> {
  const range = { startBlock, stopBlock: startBlock + 1n };
  for (const pauseMs of [0, ...PAUSES_MS]) {
    await sleep(pauseMs, signal, clock);
    for await (const { header } of client.readBlocks(range, { signal })) {
      return header?.timestamp;
    }
  }
  return undefined;
}

/** Time of a shard-0 block; undefined when the node has pruned it. */
export async function readKeyBlockTime(
  client: Pick<NodeClient, "readBlocks">,
  blockNumber: bigint,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const seconds = await readTime(client, blockNumber, { signal });
  return seconds === undefined ? undefined : fromFarcasterTime(seconds);
}

/**
 * The first shard-0 block that can hold a gasless key, by bisection: about 25 calls on mainnet,
 * instead of reading millions of blocks that hold none. Where the node has pruned blocks of which it
 * cannot be told, it is the first of these: whoever reads on from there comes upon the hole.
 */
export async function findFirstKeyBlock(
  client: Pick<NodeClient, "readBlocks">,
  { network, startBlock, newestBlock, until, clock }: KeyBlockSearch,
  signal: AbortSignal,
): Promise<bigint> {
  const since = GASLESS_KEYS_SINCE.get(network);
  if (since === undefined) return startBlock;
  let low = startBlock;
  let high = newestBlock;
  /** The first block that was not seen to be too old. */
  let first = startBlock;
  while (low < high) {
    const middle = (low + high) / 2n;
    const time = await readTime(client, middle, { signal, clock });
    const isLate = time !== undefined && until !== undefined && fromFarcasterTime(time) > until;
    if (isLate || (time !== undefined && time >= since)) {
      high = middle;
      continue;
    }
    // The older ones of those that a node prunes are gone as well.
    low = middle + 1n;
    if (time !== undefined) first = low;
  }
  return first;
}
