import { firstPositionOf } from "@snaprag/processors";
import type { HubEvent } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
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

/** Accounts that events after a block are about, by the low 32 bits of their fids. */
export async function listTouched(
  { client, signal, homeShardOf }: NodeReading,
  { shardId, blockNumber }: { readonly shardId: number; readonly blockNumber: bigint },
): Promise<ReadonlySet<bigint>> {
  const touched = new Set<bigint>();
  const startId = firstPositionOf(blockNumber + 1n);
  for await (const page of client.readEvents({ shardId, startId }, { signal })) {
    for (const event of page) {
      for (const fid of accountsOfEvent(event, { shardId, homeShardOf })) touched.add(fid);
    }
  }
  return touched;
}
