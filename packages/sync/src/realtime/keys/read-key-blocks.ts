import type { Clock, NodeClient } from "@snaprag/client";
import { sleep } from "@snaprag/client";
import type { Block } from "@snaprag/proto";
import { blockNumberOf } from "./process-key-block.ts";

/** Which blocks of shard 0 to read. */
export interface KeyBlockSource {
  readonly client: NodeClient;
  readonly startBlock: bigint;
  readonly signal: AbortSignal;
  /** Called with the first and last of blocks that the node does not have though it has later ones. */
  readonly onHole: (first: bigint, last: bigint) => Promise<void>;
  /** @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** Waits before blocks are asked for again: a stream may end before it has given what it has. */
const PAUSES_MS = [50, 200];

/** Yields a block once it is the next; whatever lies before it is asked for again. */
async function* fillUpTo(
  { client, signal, onHole, clock }: KeyBlockSource,
  block: Block,
  next: bigint,
): AsyncGenerator<Block> {
  const stopBlock = blockNumberOf(block) ?? next;
  let found = next;
  for (const pauseMs of [0, ...PAUSES_MS]) {
    if (found >= stopBlock) break;
    await sleep(pauseMs, signal, clock);
    for await (const missed of client.readBlocks({ startBlock: found, stopBlock }, { signal })) {
      const blockNumber = blockNumberOf(missed);
      if (blockNumber === undefined || blockNumber < found || blockNumber >= stopBlock) continue;
      if (blockNumber > found) await onHole(found, blockNumber - 1n);
      yield missed;
      found = blockNumber + 1n;
    }
  }
  if (found < stopBlock) await onHole(found, stopBlock - 1n);
  yield block;
}

/**
 * Reads blocks of shard 0 in order up to the node's newest, each once.
 *
 * Nodes leave out what they have pruned without a word (docs/protocol.md 8.2). A block that is
 * skipped is asked for by its number before it is taken for gone.
 */
export async function* readKeyBlocks(source: KeyBlockSource): AsyncGenerator<Block> {
  const { client, startBlock, signal } = source;
  let next = startBlock;
  for await (const block of client.readBlocks({ startBlock }, { signal })) {
    const blockNumber = blockNumberOf(block);
    if (blockNumber === undefined || blockNumber < next) continue;
    yield* fillUpTo(source, block, next);
    next = blockNumber + 1n;
  }
}
