// A quarantined message processed again, by what its bytes are.
import type { Processed } from "@snaprag/processors";
import {
  blockOfPosition,
  lastPositionOf,
  processOnChainEvent,
  processRetiredMessage,
  toFnameTransferRow,
} from "@snaprag/processors";
import type { Message } from "@snaprag/proto";
import {
  ShardTrieEntryWithMessage as EntryCodec,
  HubEvent as EventCodec,
  Message as MessageCodec,
  OnChainEvent as OnChainEventCodec,
  UserNameProof as UserNameProofCodec,
} from "@snaprag/proto";
import type { QuarantineRecord, Replay } from "@snaprag/storage";
import type { Ed25519 } from "@snaprag/verify";
import { checkMessageSignature } from "@snaprag/verify";
import type { MessageChecks } from "../../proof/messages/message-checks.ts";
import type { Carrier } from "./carrier.ts";
import { messagesOf } from "./carrier.ts";
import type { CarrierContext, ProcessedCarrier } from "./process-carrier.ts";
import { processCarrier } from "./process-carrier.ts";

/** What brought a message, out of its bytes; undefined for what carries none. */
function readCarrier({ rawKind, raw }: QuarantineRecord): Carrier | undefined {
  switch (rawKind) {
    case "event":
      return { kind: "event", event: EventCodec.decode(raw) };
    case "entry":
      return { kind: "entry", entry: EntryCodec.decode(raw) };
    case "message":
      return { kind: "message", message: MessageCodec.decode(raw) };
    case "onchain_event":
    case "fname_proof":
      return undefined;
    default:
      return rawKind satisfies never;
  }
}

/** A registry proof that a row gave back, which stood or ended there. */
function processFname(record: QuarantineRecord, { eventId, at }: CarrierContext): Processed {
  const row = toFnameTransferRow(UserNameProofCodec.decode(record.raw));
  const { retireReason: reason } = record;
  const change =
    reason === null
      ? ({ kind: "merge", table: "fname_transfers", row, eventId } as const)
      : ({
          kind: "retire",
          table: "fname_transfers",
          row,
          retirement: { reason, eventId, at },
        } as const);
  return { changes: [change], notes: [] };
}

/** Processes a message by itself, as what happened to it at its position. */
function processAlone(
  record: QuarantineRecord,
  processed: ProcessedCarrier,
  context: CarrierContext,
): ProcessedCarrier {
  const { retireReason: reason, raw, eventId, at } = record;
  if (reason !== null) {
    const { changes } = processRetiredMessage(MessageCodec.decode(raw), context, {
      reason,
      eventId,
      at,
    });
    return { ...processed, changes };
  }
  if (eventId !== lastPositionOf(blockOfPosition(eventId))) return processed;
  // Listed by a snapshot, where what it did to other rows has happened already.
  return { ...processed, changes: processed.changes.filter(({ kind }) => kind === "merge") };
}

/** What messages are checked with a second time. */
export interface ReprocessChecks extends Pick<MessageChecks, "blake3"> {
  readonly ed25519: Ed25519;
}

/** Signatures are looked at again where one was the fault, whatever the level of the sync. */
function findForged(
  { reason }: QuarantineRecord,
  carrier: Carrier,
  ed25519: Ed25519,
): MessageChecks["forged"] {
  if (reason !== "signature_invalid") return new Set();
  const isForged = (message: Message) => checkMessageSignature(message, ed25519) !== "valid";
  return new Set(messagesOf(carrier).filter(isForged));
}

function processAgain(
  record: QuarantineRecord,
  context: CarrierContext,
  { blake3, ed25519 }: ReprocessChecks,
): ProcessedCarrier {
  const carrier = readCarrier(record);
  if (carrier === undefined) {
    const { changes } =
      record.rawKind === "fname_proof"
        ? processFname(record, context)
        : processOnChainEvent(OnChainEventCodec.decode(record.raw), context, context.eventId);
    return { changes, leaves: [], quarantined: [], spoiltCount: 0 };
  }
  const forged = findForged(record, carrier, ed25519);
  const processed = processCarrier(carrier, context, { blake3, forged });
  return carrier.kind === "message" ? processAlone(record, processed, context) : processed;
}

function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * Processes a quarantined message again: its hash is checked anew, and everything it comes with is
 * processed whole or not at all. Never throws for what the bytes are.
 */
export function reprocess(
  record: QuarantineRecord,
  context: CarrierContext,
  checks: ReprocessChecks,
): Replay {
  const { id, hash } = record;
  let processed: ProcessedCarrier;
  try {
    processed = processAgain(record, context, checks);
  } catch {
    // The decoder throws plain errors for truncated or malformed input; the outcome says it.
    return { id, reason: "undecodable" };
  }
  const faults = processed.quarantined;
  const fault = faults.find((each) => isSameHash(each.hash, hash)) ?? faults[0];
  return fault
    ? { id, reason: fault.reason }
    : { id, changes: processed.changes, leaves: processed.leaves };
}
