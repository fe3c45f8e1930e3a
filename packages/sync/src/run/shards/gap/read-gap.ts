// Blocks of a shard, for who they are about: nodes keep these after the events they led to (docs/protocol.md 1.4).
import { sleep } from "@snaprag/client";
import { fromFarcasterTime } from "@snaprag/processors";
import type { Message, ShardChunk, Transaction, ValidatorMessage } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
import { toChainRoot } from "../../../proof/node/chain-root.ts";
import type { NodeReading } from "../../../proof/node/node-reading.ts";

/** The last block of a gap. */
export interface GapEnd {
  readonly lastBlock: bigint;
  /** Time of that block. */
  readonly at: Date;
}

/** Blocks whose events are gone. */
export interface GapBlocks extends GapEnd {
  readonly shardId: number;
  readonly firstBlock: bigint;
}

/** What the blocks of a gap say. */
export interface Gap extends GapEnd {
  /** Accounts that they may have changed, by the low 32 bits of their fids. */
  readonly fids: ReadonlySet<bigint>;
  /** Fids that names of the registry were passed on by or to. */
  readonly nameFids: ReadonlySet<bigint>;
}

const LOW_32_BITS = 0xffffffffn;
/**
 * The longest gap that is closed so, in milliseconds. In a longer one nearly every account that is in use was, and
 * a snapshot lists them in fewer calls.
 */
const LONGEST_MS = 30 * 86_400_000;
/** Waits before blocks are asked for again: of several nodes behind one address, one may be behind. */
const PAUSES_MS = [100, 200, 400];

/** Whom a message is about besides its author: of a lend, the borrower has a leaf too. */
function accountsOfMessage(message: Message | undefined): readonly (bigint | undefined)[] {
  const typed = message && narrowMessage(message);
  if (typed === undefined) return [];
  return typed.type === "lendStorage" ? [typed.fid, typed.body.toFid] : [typed.fid];
}

function accountsOfSystem({
  onChainEvent,
  fnameTransfer,
  blockEvent,
}: ValidatorMessage): readonly (bigint | undefined)[] {
  const body = blockEvent?.data?.body;
  const message = body?.$case === "mergeMessageEventBody" ? body.value.message : undefined;
  const event = body?.$case === "mergeOnChainEventEventBody" ? body.value.onChainEvent : undefined;
  return [
    onChainEvent?.fid,
    event?.fid,
    // A name that leaves an account takes its profile's along.
    fnameTransfer?.fromFid,
    fnameTransfer?.proof?.fid,
    ...accountsOfMessage(message),
  ];
}

/** Accounts that a transaction may have changed; those that held a name or a channel before are not told. */
function accountsOf({ fid, userMessages, systemMessages }: Transaction): readonly bigint[] {
  const others = [
    ...userMessages.flatMap(accountsOfMessage),
    ...systemMessages.flatMap(accountsOfSystem),
  ];
  return [fid, ...others].flatMap((each) => (each === undefined ? [] : [each & LOW_32_BITS]));
}

/** What was read of a gap so far. */
interface Reading {
  readonly fids: Set<bigint>;
  readonly nameFids: Set<bigint>;
  nextBlock: bigint;
}

function addBlock(read: Reading, chunk: ShardChunk): void {
  for (const transaction of chunk.transactions) {
    for (const fid of accountsOf(transaction)) read.fids.add(fid);
    for (const { fnameTransfer } of transaction.systemMessages) {
      if (fnameTransfer === undefined) continue;
      read.nameFids.add(fnameTransfer.fromFid).add(fnameTransfer.proof?.fid ?? 0n);
    }
  }
  read.nextBlock += 1n;
}

/** Reads on as far as blocks follow each other. */
async function readOn(
  reading: NodeReading,
  { shardId, lastBlock }: GapBlocks,
  read: Reading,
): Promise<void> {
  const { client, signal } = reading;
  const range = { shardId, startBlock: read.nextBlock, stopBlock: lastBlock + 1n };
  for await (const chunks of client.readShardChunks(range, { signal })) {
    for (const chunk of chunks) {
      const blockNumber = chunk.header?.height?.blockNumber ?? read.nextBlock;
      // Nodes leave out what they do not have.
      if (blockNumber !== read.nextBlock) return;
      toChainRoot(chunk, { shardId, blockNumber }, reading);
      addBlock(read, chunk);
    }
  }
}

/** Whether the first block is there, and not so old that there is a better way. */
async function isWithinReach(
  { client, signal }: NodeReading,
  { shardId, firstBlock, at }: GapBlocks,
): Promise<boolean> {
  const range = { shardId, startBlock: firstBlock, stopBlock: firstBlock + 1n };
  for await (const [chunk] of client.readShardChunks(range, { signal })) {
    const begin = fromFarcasterTime(chunk?.header?.timestamp ?? 0n);
    return at.getTime() - begin.getTime() <= LONGEST_MS;
  }
  return false;
}

/**
 * Reads the blocks of a gap for who they are about. Undefined when the node does not have all of them, or
 * when they are too many.
 *
 * @throws {SyncError} `uncommitted_block`
 */
export async function readGap(reading: NodeReading, blocks: GapBlocks): Promise<Gap | undefined> {
  if (!(await isWithinReach(reading, blocks))) return undefined;
  const { firstBlock, lastBlock, at } = blocks;
  const read: Reading = { fids: new Set(), nameFids: new Set(), nextBlock: firstBlock };
  for (const pauseMs of [0, ...PAUSES_MS]) {
    await sleep(pauseMs, reading.signal, reading.clock);
    await readOn(reading, blocks, read);
    const { fids, nameFids, nextBlock } = read;
    if (nextBlock > lastBlock) return { lastBlock, at, fids, nameFids };
  }
  return undefined;
}
