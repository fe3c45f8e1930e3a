import type { HubEvent } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";
import type { EventLog } from "./event-log.ts";
import { eventId } from "./event-log.ts";

const LEFTOVER_COUNT = 12;

/**
 * What a bootstrap through replication left in a node's log (docs/protocol.md 1.7): merges of
 * height 0, without a time, of messages that may be gone by now. No block confirms them.
 */
export function listLeftovers(log: EventLog): readonly HubEvent[] {
  const leftovers: HubEvent[] = [];
  for (const { events } of log.listBlocks()) {
    for (const { type, body, shardIndex } of events) {
      if (leftovers.length === LEFTOVER_COUNT) return leftovers;
      if (type !== HubEventType.MERGE_MESSAGE || body?.$case !== "mergeMessageBody") continue;
      const value = { ...body.value, deletedMessages: [] };
      leftovers.push({
        type,
        id: eventId(0n, BigInt(leftovers.length + 1)),
        body: { $case: "mergeMessageBody", value },
        blockNumber: 0n,
        shardIndex,
        // No chunk of this height is stored, and the time of an event comes from its chunk (1.2).
        timestamp: 0n,
      });
    }
  }
  return leftovers;
}
