// Every message's hash is computed from the bytes received before anything is made of it.
import type { Note } from "@snaprag/processors";
import type { Message } from "@snaprag/proto";
import { Message as MessageCodec, narrowMessage } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { checkMessageHash } from "@snaprag/verify";

/** Where a message was found. */
export interface MessagePlace {
  readonly shardId: number;
  /** Position of the event or snapshot that brought it. */
  readonly eventId: bigint;
}

/** A message as quarantine keeps it, with whatever can be read of it. */
function toQuarantined(
  message: Message,
  reason: string,
  { shardId, eventId }: MessagePlace,
): QuarantinedMessage {
  const narrowed = narrowMessage(message);
  const { messageType, fid } =
    narrowed.type === "unreadable" ? narrowed : { messageType: undefined, fid: narrowed.fid };
  return {
    shardId,
    eventId,
    reason,
    fid: fid ?? null,
    messageType: messageType ?? null,
    hash: message.hash,
    raw: MessageCodec.encode(message).finish(),
  };
}

/** The message for quarantine when its hash is not that of its bytes; undefined when it is. */
export function findHashFault(
  message: Message,
  blake3: Blake3,
  place: MessagePlace,
): QuarantinedMessage | undefined {
  const check = checkMessageHash(message, blake3);
  return check === "match" ? undefined : toQuarantined(message, `hash_${check}`, place);
}

/** What notes say that has to be kept: messages that no processor can read. */
export function quarantineOf(
  notes: readonly Note[],
  place: MessagePlace,
): readonly QuarantinedMessage[] {
  return notes.flatMap((note) => {
    if (note.kind !== "unreadable") return [];
    return [toQuarantined(note.message.envelope, note.message.reason, place)];
  });
}
