import type { Message, MessageKind, TypedMessage, TypedMessageOf } from "@snaprag/proto";
import { narrowMessage } from "@snaprag/proto";
import type { Change, MergeOf, MessageTableName, Retirement, RetireReason } from "../change.ts";
import { blockOfPosition, firstPositionOf } from "../change.ts";
import { fromFarcasterTime } from "../clocks.ts";
import { toMessageRow } from "../encode-message.ts";
import { MESSAGE_MAPPINGS } from "../message-mappings.ts";
import { storableText } from "../messages/text.ts";
import type { EventContext, ProcessContext, Processed } from "./processed.ts";
import { noted } from "./processed.ts";
import { sweepsEveryLinkType } from "./protocol-versions.ts";

/** Message types that only shard 0 tells reliably (docs/protocol.md 1.6). */
const GASLESS_KEYS: ReadonlySet<MessageKind> = new Set(["keyAdd", "keyRemove"]);

/** The merge of a message's row. */
export type MergeMessage = {
  readonly [Table in MessageTableName]: MergeOf<Table>;
}[MessageTableName];

/** The message's row as a merge at a position. Pure: same message, same change. */
function mergeMessage(message: TypedMessage, network: number, eventId: bigint): MergeMessage {
  // Safety: table and row both follow from the same kind.
  return {
    kind: "merge",
    table: MESSAGE_MAPPINGS[message.type].table,
    row: toMessageRow(message as TypedMessageOf<MessageKind>, network),
    eventId,
  } as MergeMessage;
}

/** What else happens when a message is merged, beyond its own row; nothing for most types. */
type SideEffects = {
  readonly [Kind in MessageKind]?: (
    message: TypedMessageOf<Kind>,
    context: EventContext,
    eventId: bigint,
  ) => Change;
};

const SIDE_EFFECTS: SideEffects = {
  linkCompactState: (message, { network, at }, eventId) => ({
    kind: "sweepLinks",
    fid: message.fid,
    hash: message.envelope.hash,
    // As in the rows that it is compared with.
    linkType: storableText(message.body.type),
    everyType: sweepsEveryLinkType(network, message.timestamp),
    through: fromFarcasterTime(message.timestamp),
    keepTargetFids: message.body.targetFids,
    blockStart: firstPositionOf(blockOfPosition(eventId)),
    retirement: { reason: "compacted", eventId, at },
  }),
  keyAdd: (message, { at }, eventId) => ({
    kind: "sweepKeys",
    fid: message.fid,
    key: message.body.key,
    retirement: { reason: "superseded", eventId, at },
  }),
  keyRemove: (message, { at }, eventId) => ({
    kind: "sweepKeys",
    fid: message.fid,
    key: message.body.key,
    retirement: { reason: "removed", eventId, at },
  }),
};

function isWrittenFrom(message: TypedMessage, context: ProcessContext): boolean {
  if (GASLESS_KEYS.has(message.type)) return context.shardId === 0;
  return context.homeShardOf(message.fid) === context.shardId;
}

function notWritten(message: TypedMessage): Processed {
  return noted({ kind: GASLESS_KEYS.has(message.type) ? "gaslessKey" : "replica" });
}

/**
 * Processes a message that a block merged: its row, and what its type does to other rows.
 *
 * Works for messages of any source, such as frame actions an application receives itself.
 */
export function processMessage(
  envelope: Message,
  context: EventContext,
  eventId: bigint,
): Processed {
  const message = narrowMessage(envelope);
  if (message.type === "unreadable") return noted({ kind: "unreadable", message });
  if (!isWrittenFrom(message, context)) return notWritten(message);
  const changes: Change[] = [mergeMessage(message, context.network, eventId)];
  // Safety: the effect under a type takes exactly that member of the union.
  const effect = SIDE_EFFECTS[message.type] as SideEffects["linkCompactState"];
  if (effect) changes.push(effect(message as TypedMessageOf<"linkCompactState">, context, eventId));
  return { changes, notes: [] };
}

/**
 * The one merge that a message of a snapshot is: its row alone, because the rest already happened.
 * What it is instead, where it is none, is for {@link processSnapshotEntry} to say. Most of
 * what a first sync does is this call, which makes nothing but the change.
 */
export function findListedMerge(
  envelope: Message,
  context: ProcessContext,
  position: bigint,
): MergeMessage | undefined {
  const message = narrowMessage(envelope);
  if (message.type === "unreadable" || !isWrittenFrom(message, context)) return undefined;
  return mergeMessage(message, context.network, position);
}

/** A message of a snapshot as the merge of one row, or the note why there is none. */
export interface ListedMessage extends Processed {
  readonly changes: readonly MergeMessage[];
}

/** Processes a message that is in a snapshot. */
export function processListedMessage(
  envelope: Message,
  context: ProcessContext,
  position: bigint,
): ListedMessage {
  const merge = findListedMerge(envelope, context, position);
  if (merge !== undefined) return { changes: [merge], notes: [] };
  const message = narrowMessage(envelope);
  if (message.type === "unreadable") {
    return { changes: [], notes: [{ kind: "unreadable", message }] };
  }
  return { changes: [], notes: notWritten(message).notes };
}

/** Processes a message that stopped being live, whether or not it was ever seen. */
export function processRetiredMessage(
  envelope: Message,
  context: EventContext,
  retirement: Retirement,
): Processed {
  const message = narrowMessage(envelope);
  if (message.type === "unreadable") return noted({ kind: "unreadable", message });
  if (!isWrittenFrom(message, context)) return notWritten(message);
  // Safety: table and row both follow from the same kind.
  const change = {
    kind: "retire",
    table: MESSAGE_MAPPINGS[message.type].table,
    row: toMessageRow(message as TypedMessageOf<MessageKind>, context.network),
    retirement,
  } as Change;
  return { changes: [change], notes: [] };
}

const REMOVES: ReadonlySet<MessageKind> = new Set([
  "castRemove",
  "reactionRemove",
  "linkRemove",
  "verificationRemove",
  "keyRemove",
]);

/** Why a message is gone that a merged one names among its deletions. */
export function reasonForDeletion(merged: Message, deleted: Message): RetireReason {
  const [by, gone] = [narrowMessage(merged).type, narrowMessage(deleted).type];
  if (by === "unreadable" || gone === "unreadable") return "superseded";
  return REMOVES.has(by) && !REMOVES.has(gone) ? "removed" : "superseded";
}
