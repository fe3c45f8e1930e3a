// Gasless keys as shard 0 tells them: nothing else says which message a leaf is of
// (docs/protocol.md 2.5, 6.9).
import type { NodeClient } from "@snaprag/client";
import { firstPositionOf } from "@snaprag/processors";
import type { Block, Message } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
import { findFirstKeyBlock } from "../../realtime/keys/find-first-key-block.ts";
import {
  blockNumberOf,
  blockTimeOf,
  listKeyMessages,
} from "../../realtime/keys/process-key-block.ts";

/** A key message where it was merged. */
export interface KeyMessage {
  readonly message: Message;
  /** Position of shard 0. */
  readonly eventId: bigint;
  /** Time of its block. */
  readonly at: Date;
}

/**
 * Key messages by fid, in the order in which shard 0 tells them. All of them: the account's shard may
 * have refused one, and then has what an earlier one said.
 */
export type KeyHistory = ReadonlyMap<bigint, readonly KeyMessage[]>;

/** Which shard 0 to read. */
export interface KeyHistorySource {
  readonly client: NodeClient;
  readonly network: number;
  readonly signal: AbortSignal;
}

const MAX_READS = 10;

/** Reads the gasless keys of all accounts: one stream of blocks, after a few calls to find its start. */
export async function readKeyHistory(source: KeyHistorySource): Promise<KeyHistory> {
  const { client, network, signal } = source;
  const { shardInfos } = await client.hub.getInfo({}, { signal });
  const newestBlock = shardInfos.find(({ shardId }) => shardId === 0)?.maxHeight ?? 0n;
  const [snapshot] = await client.listSnapshots(0, { signal });
  const search = { network, startBlock: snapshot?.height ?? 0n, newestBlock };
  const startBlock = await findFirstKeyBlock(client, search, signal);
  const history = new Map<bigint, KeyMessage[]>();
  let nextBlock = startBlock;
  // A stream may end before it has given all.
  for (let reads = 0; nextBlock <= newestBlock && reads < MAX_READS; reads++) {
    for await (const block of client.readBlocks({ startBlock: nextBlock }, { signal })) {
      for (const found of keysOf(block)) remember(history, found);
      nextBlock = (blockNumberOf(block) ?? nextBlock) + 1n;
    }
  }
  return history;
}

function keysOf(block: Block): readonly KeyMessage[] {
  const first = firstPositionOf(blockNumberOf(block) ?? 0n);
  const at = blockTimeOf(block);
  return listKeyMessages(block).map(({ index, message }) => {
    return { message, eventId: first + BigInt(index) + 1n, at };
  });
}

function remember(history: Map<bigint, KeyMessage[]>, found: KeyMessage): void {
  const { fid } = narrowMessage(found.message);
  if (fid === undefined) return;
  const known = history.get(fid);
  if (known) known.push(found);
  else history.set(fid, [found]);
}
