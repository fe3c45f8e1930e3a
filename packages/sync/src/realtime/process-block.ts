import type { Change, EventContext } from "@snaprag/processors";
import { processHubEvent } from "@snaprag/processors";
import type { HubEvent, Message } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { findHashFault, quarantineOf } from "../run/check-message.ts";
import type { ShardBlock } from "./shard-block.ts";

/** What the events of a block amount to. */
export interface ProcessedBlock {
  readonly changes: readonly Change[];
  readonly quarantined: readonly QuarantinedMessage[];
}

/** Every message that an event carries. */
function messagesOf({ body }: HubEvent): readonly Message[] {
  switch (body?.$case) {
    case "mergeMessageBody":
      return [body.value.message, ...body.value.deletedMessages].filter(isPresent);
    case "pruneMessageBody":
    case "revokeMessageBody":
      return [body.value.message].filter(isPresent);
    case "mergeUsernameProofBody":
      return [body.value.usernameProofMessage, body.value.deletedUsernameProofMessage].filter(
        isPresent,
      );
    default:
      return [];
  }
}

function isPresent(message: Message | undefined): message is Message {
  return message !== undefined;
}

/** Turns the events of a block into changes. An event with a forged message is set aside. */
export function processBlock(
  { events, at }: ShardBlock,
  context: Omit<EventContext, "at">,
  blake3: Blake3,
): ProcessedBlock {
  const changes: Change[] = [];
  const quarantined: QuarantinedMessage[] = [];
  for (const event of events) {
    const place = { shardId: context.shardId, eventId: event.id };
    const faults = messagesOf(event).flatMap(
      (message) => findHashFault(message, blake3, place) ?? [],
    );
    quarantined.push(...faults);
    if (faults.length > 0) continue;
    const processed = processHubEvent(event, { ...context, at });
    changes.push(...processed.changes);
    quarantined.push(...quarantineOf(processed.notes, place));
  }
  return { changes, quarantined };
}
