// From what carries messages to changes: the same checks and rules for pages, events, blocks, and
// for what is taken out of quarantine again.
import type { Change, EventContext, Note, Processed, SnapshotContext } from "@snaprag/processors";
import {
  blockOfPosition,
  processHubEvent,
  processMessage,
  processSnapshotEntry,
} from "@snaprag/processors";
import type { HubEvent, Message } from "@snaprag/proto";
import type { LeafChange, QuarantinedMessage } from "@snaprag/storage";
import { hasOwnKey } from "../../proof/leaves/entry-key.ts";
import { leafChangesOf } from "../../proof/leaves/leaf-changes.ts";
import type { MessageChecks } from "../../proof/messages/message-checks.ts";
import { findFault } from "../../proof/messages/message-checks.ts";
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
  readonly leaves: readonly LeafChange[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes, keys or signatures. */
  readonly spoiltCount: number;
}

const NO_LEAVES: readonly LeafChange[] = [];

interface MessageFault extends CarrierFault {
  readonly message: Message;
}

/** Computed from the bytes received, before anything is made of them. */
function findFaults(carrier: Carrier, checks: MessageChecks): readonly MessageFault[] {
  const faults: MessageFault[] = [];
  for (const message of messagesOf(carrier)) {
    const reason = findFault(message, checks);
    if (reason !== undefined) faults.push({ reason, message });
  }
  return faults;
}

/** Whether a node lists an entry under another key than its own. */
function isMisplaced(carrier: Carrier, changes: readonly Change[], checks: MessageChecks): boolean {
  if (carrier.kind !== "entry" || checks.blake3 === undefined) return false;
  // Found beside the trie, which may not have it.
  if (carrier.entry.trieKey.length === 0) return false;
  return !hasOwnKey(carrier.entry, changes);
}

/** Thousands of entries have the same place. */
const snapshotContexts = new WeakMap<CarrierContext, SnapshotContext>();

function snapshotContextOf(context: CarrierContext): SnapshotContext {
  const known = snapshotContexts.get(context);
  if (known) return known;
  const made = { ...context, height: blockOfPosition(context.eventId) };
  snapshotContexts.set(context, made);
  return made;
}

/**
 * Whether rows of this shard's accounts stand for all leaves of an event, which nearly all events
 * are: then no message has to be looked into once more.
 */
function isAllInRows({ body }: HubEvent, changes: readonly Change[]): boolean {
  const isEnd = body?.$case === "pruneMessageBody" || body?.$case === "revokeMessageBody";
  if (!isEnd && body?.$case !== "mergeMessageBody") return false;
  const messageCount = isEnd ? 1 : 1 + body.value.deletedMessages.length;
  let rowCount = 0;
  for (const change of changes) {
    if (change.kind !== "merge" && change.kind !== "retire") continue;
    // Of a lend the borrower has a leaf too.
    if (change.table === "storage_lends") return false;
    rowCount += 1;
  }
  return rowCount === messageCount;
}

function leavesOf(
  carrier: Carrier,
  context: CarrierContext,
  changes: readonly Change[],
): readonly LeafChange[] {
  if (carrier.kind === "event" && isAllInRows(carrier.event, changes)) return NO_LEAVES;
  return leafChangesOf(carrier, context);
}

function process(carrier: Carrier, context: CarrierContext): Processed {
  switch (carrier.kind) {
    case "event":
      return processHubEvent(at(carrier.event, context.eventId), context);
    case "entry":
      return processSnapshotEntry(carrier.entry, snapshotContextOf(context));
    case "message":
      return processMessage(carrier.message, context, context.eventId);
    default:
      return carrier satisfies never;
  }
}

/** An event at a position; what was in quarantine may come at another than its own. */
function at(event: HubEvent, eventId: bigint): HubEvent {
  return event.id === eventId ? event : { ...event, id: eventId };
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
  checks: MessageChecks,
): ProcessedCarrier {
  const keep = (fault: CarrierFault) => toQuarantined(carrier, context, fault);
  const spoilt = findFaults(carrier, checks);
  if (spoilt.length > 0) {
    const rest = carrierWithout(carrier, new Set(spoilt.map(({ message }) => message)));
    const changes = rest === undefined ? [] : process(rest, context).changes;
    const leaves = rest === undefined ? [] : leafChangesOf(rest, context);
    return { changes, leaves, quarantined: spoilt.map(keep), spoiltCount: spoilt.length };
  }
  const { changes, notes } = process(carrier, context);
  const faults = notes.flatMap(findNotedFault);
  if (faults.length === 0 && isMisplaced(carrier, changes, checks)) {
    const [message] = messagesOf(carrier);
    const quarantined = [keep({ reason: "key_mismatch", message })];
    return { changes: [], leaves: [], quarantined, spoiltCount: 1 };
  }
  const leaves = leavesOf(carrier, context, changes);
  return { changes, leaves, quarantined: faults.map(keep), spoiltCount: 0 };
}
