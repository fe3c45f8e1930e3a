import type { Change, SnapshotContext } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { processCarrier } from "../run/quarantine/process-carrier.ts";

/** What the entries of a page amount to. */
export interface ProcessedPage {
  readonly changes: readonly Change[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes. */
  readonly spoiltCount: number;
}

/** The snapshot that pages are of. */
export interface PageContext extends SnapshotContext {
  /** Time of the snapshot's block. */
  readonly at: Date;
}

/** Turns the entries of a page into changes. An entry that cannot be read is set aside whole. */
export function processPage(
  entries: readonly ShardTrieEntryWithMessage[],
  context: PageContext,
  blake3: Blake3,
): ProcessedPage {
  const changes: Change[] = [];
  const quarantined: QuarantinedMessage[] = [];
  let spoiltCount = 0;
  const place = { ...context, eventId: lastPositionOf(context.height) };
  for (const entry of entries) {
    const processed = processCarrier({ kind: "entry", entry }, place, blake3);
    changes.push(...processed.changes);
    quarantined.push(...processed.quarantined);
    spoiltCount += processed.spoiltCount;
  }
  return { changes, quarantined, spoiltCount };
}
