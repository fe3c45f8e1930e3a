import type { Change, SnapshotContext } from "@snaprag/processors";
import { lastPositionOf, processSnapshotEntry } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { ShardTrieEntryWithMessage as EntryCodec } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { findHashFault, quarantineOf } from "../run/check-message.ts";

/** What the entries of a page amount to. */
export interface ProcessedPage {
  readonly changes: readonly Change[];
  readonly quarantined: readonly QuarantinedMessage[];
}

/** An entry of a kind newer than this version, whole. */
function toQuarantinedEntry(
  entry: ShardTrieEntryWithMessage,
  { shardId, height }: SnapshotContext,
): QuarantinedMessage {
  return {
    shardId,
    eventId: lastPositionOf(height),
    fid: null,
    messageType: null,
    hash: entry.trieKey,
    raw: EntryCodec.encode(entry).finish(),
    reason: "unknown_entry",
  };
}

/** Turns the entries of a page into changes. An entry that cannot be read is set aside whole. */
export function processPage(
  entries: readonly ShardTrieEntryWithMessage[],
  context: SnapshotContext,
  blake3: Blake3,
): ProcessedPage {
  const changes: Change[] = [];
  const quarantined: QuarantinedMessage[] = [];
  const place = { shardId: context.shardId, eventId: lastPositionOf(context.height) };
  for (const entry of entries) {
    const message =
      entry.trieMessage?.$case === "userMessage" ? entry.trieMessage.value : undefined;
    const fault = message && findHashFault(message, blake3, place);
    if (fault) {
      quarantined.push(fault);
      continue;
    }
    const processed = processSnapshotEntry(entry, context);
    changes.push(...processed.changes);
    quarantined.push(...quarantineOf(processed.notes, place));
    if (processed.notes.some(({ kind }) => kind === "unknownEntry")) {
      quarantined.push(toQuarantinedEntry(entry, context));
    }
  }
  return { changes, quarantined };
}
