import { blockOfPosition, firstPositionOf } from "@snaprag/processors";
import type { HubEvent } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
import type { ShardStanding, Store } from "@snaprag/storage";
import { cursorExpired } from "../../errors.ts";
import { listKeyMessages } from "../../realtime/keys/process-key-block.ts";
import { messagesOf } from "../../run/quarantine/carrier.ts";
import { leafChangesOf } from "../leaves/leaf-changes.ts";
import type { NodeReading } from "./node-reading.ts";

const LOW_32_BITS = 0xffffffffn;

/** Accounts of a shard's trie that an event may have changed. */
function accountsOfEvent(
  event: HubEvent,
  place: { readonly shardId: number; readonly homeShardOf: (fid: bigint) => number },
): readonly bigint[] {
  const carrier = { kind: "event", event } as const;
  const leaves = leafChangesOf(carrier, { ...place, eventId: event.id });
  const authors = messagesOf(carrier).map((message) => narrowMessage(message).fid);
  const { body } = event;
  const onChain = body?.$case === "mergeOnChainEventBody" ? body.value.onChainEvent : undefined;
  const fids = [...leaves.map(({ fid }) => fid), ...authors, onChain?.fid];
  return fids.flatMap((fid) => (fid === undefined ? [] : [fid & LOW_32_BITS]));
}

/** How far a store has come. */
export interface StoreHeights {
  readonly shardId: number;
  /** Last block of the shard that was applied. */
  readonly blockNumber: bigint;
  /** Last block of shard 0 that was applied; undefined where it is not mirrored. */
  readonly keyBlockNumber: bigint | undefined;
}

/** Shard 0 where it is followed; undefined where a fault is all that the store knows of it. */
export async function findKeyShard(
  store: Pick<Store, "findShard">,
): Promise<ShardStanding | undefined> {
  const shard = await store.findShard(0);
  return shard?.snapshotHeight === null ? undefined : shard;
}

/**
 * Throws where a node begins to tell later than right after a block: what happened in between, which it
 * has pruned, may be what a difference is.
 */
function expectNext(shardId: number, blockNumber: bigint, found: bigint | undefined): void {
  if (found === undefined || found <= blockNumber + 1n) return;
  throw cursorExpired(shardId, blockNumber + 1n, found);
}

/** Accounts of whose gasless keys shard 0 tells after a block. */
async function* readKeyOwners(
  { client, signal }: NodeReading,
  blockNumber: bigint,
): AsyncGenerator<bigint> {
  let isFirst = true;
  for await (const block of client.readBlocks({ startBlock: blockNumber + 1n }, { signal })) {
    if (isFirst) expectNext(0, blockNumber, block.header?.height?.blockNumber);
    isFirst = false;
    for (const { message } of listKeyMessages(block)) {
      const { fid } = narrowMessage(message);
      if (fid !== undefined) yield fid & LOW_32_BITS;
    }
  }
}

/**
 * Accounts that a node may have changed since, by the low 32 bits of their fids: what events are
 * about, and whose gasless keys shard 0 tells of, which no stored event does
 * (docs/protocol.md 1.6).
 *
 * @throws {SyncError} `cursor_expired` when the node has pruned what came after the store's blocks
 */
export async function listTouched(
  reading: NodeReading,
  { shardId, blockNumber, keyBlockNumber }: StoreHeights,
): Promise<ReadonlySet<bigint>> {
  const { client, signal, homeShardOf } = reading;
  const touched = new Set<bigint>();
  if (keyBlockNumber !== undefined) {
    for await (const fid of readKeyOwners(reading, keyBlockNumber)) touched.add(fid);
  }
  const startId = firstPositionOf(blockNumber + 1n);
  let isFirst = true;
  for await (const page of client.readEvents({ shardId, startId }, { signal })) {
    const [first] = page;
    if (isFirst && first) expectNext(shardId, blockNumber, blockOfPosition(first.id));
    isFirst = isFirst && first === undefined;
    for (const event of page) {
      for (const fid of accountsOfEvent(event, { shardId, homeShardOf })) touched.add(fid);
    }
  }
  return touched;
}
