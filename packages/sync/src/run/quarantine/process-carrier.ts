// From what carries messages to changes: the same checks and rules for pages, events, blocks, and
// for what is taken out of quarantine again.
import type { Change, EventContext, Note, Processed } from "@snaprag/processors";
import {
  blockOfPosition,
  processHubEvent,
  processMessage,
  processSnapshotEntry,
} from "@snaprag/processors";
import type { Message } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { checkMessageHash } from "@snaprag/verify";
import type { Carrier, CarrierFault } from "./carrier.ts";
import { carrierWithout, messagesOf, toQuarantined } from "./carrier.ts";

/** Where a carrier was found, with what processors must know. */
export interface CarrierContext extends EventContext {
  /** Position of the event or snapshot. */
  readonly eventId: bigint;
}

/** What a carrier amounts to. */
export interface ProcessedCarrier {
  readonly changes: readonly Change[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes. */
  readonly spoiltCount: number;
}

interface HashFault extends CarrierFault {
  readonly message: Message;
}

/** Computed from the bytes received, before anything is made of them. */
function findHashFaults(carrier: Carrier, blake3: Blake3): readonly HashFault[] {
  return messagesOf(carrier).flatMap((message) => {
    const check = checkMessageHash(message, blake3);
    return check === "match" ? [] : [{ reason: `hash_${check}`, message }];
  });
}

function process(carrier: Carrier, context: CarrierContext): Processed {
  switch (carrier.kind) {
    case "event":
      return processHubEvent({ ...carrier.event, id: context.eventId }, context);
    case "entry":
      return processSnapshotEntry(carrier.entry, {
        ...context,
        height: blockOfPosition(context.eventId),
      });
    case "message":
      return processMessage(carrier.message, context, context.eventId);
    default:
      return carrier satisfies never;
  }
}

/** What notes say that has to be kept. */
function findNotedFault(note: Note): readonly CarrierFault[] {
  switch (note.kind) {
    case "unreadable":
      return [{ reason: note.message.reason, message: note.message.envelope }];
    case "unknownEntry":
      return [{ reason: "unknown_entry" }];
    case "unknownEvent":
      return [{ reason: "unknown_event" }];
    default:
      return [];
  }
}

/**
 * Turns a carrier into changes. Of one with a message that does not fit its hash or cannot be read,
 * the rest is processed: what a message replaced has ended whatever is wrong with that message.
 */
export function processCarrier(
  carrier: Carrier,
  context: CarrierContext,
  blake3: Blake3,
): ProcessedCarrier {
  const keep = (fault: CarrierFault) => toQuarantined(carrier, context, fault);
  const spoilt = findHashFaults(carrier, blake3);
  if (spoilt.length > 0) {
    const rest = carrierWithout(carrier, new Set(spoilt.map(({ message }) => message)));
    const changes = rest === undefined ? [] : process(rest, context).changes;
    return { changes, quarantined: spoilt.map(keep), spoiltCount: spoilt.length };
  }
  const { changes, notes } = process(carrier, context);
  return { changes, quarantined: notes.flatMap(findNotedFault).map(keep), spoiltCount: 0 };
}
