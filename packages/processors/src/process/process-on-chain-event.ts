import type { OnChainEvent } from "@snaprag/proto";
import { toOnChainEventRow } from "../on-chain/on-chain-event-row.ts";
import type { ProcessContext, Processed } from "./processed.ts";
import { noted } from "./processed.ts";

/**
 * Processes an on-chain event, merged by a block or listed by a snapshot: one row, never removed.
 *
 * Shard 0 holds a copy of every on-chain event; rows come from the fid's home shard.
 */
export function processOnChainEvent(
  event: OnChainEvent,
  context: ProcessContext,
  eventId: bigint,
): Processed {
  if (context.homeShardOf(event.fid) !== context.shardId) return noted({ kind: "replica" });
  const row = toOnChainEventRow(event);
  return { changes: [{ kind: "merge", table: "onchain_events", row, eventId }], notes: [] };
}
