import type { Change, SnapshotContext } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { LeafChange, QuarantinedMessage } from "@snaprag/storage";
import { readTrieKeyHead } from "@snaprag/verify";
import type { MessageChecks } from "../proof/messages/message-checks.ts";
import { processCarrier } from "../run/quarantine/process-carrier.ts";

/** What the entries of a page amount to. */
export interface ProcessedPage {
  readonly changes: readonly Change[];
  readonly leaves: readonly LeafChange[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes, keys or signatures. */
  readonly spoiltCount: number;
  /** Accounts with an entry that was set aside, by the low 32 bits of their fids. */
  readonly faultyAccounts: ReadonlySet<bigint>;
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
  checks: MessageChecks,
): ProcessedPage {
  const changes: Change[] = [];
  const leaves: LeafChange[] = [];
  const faultyAccounts = new Set<bigint>();
  const quarantined: QuarantinedMessage[] = [];
  let spoiltCount = 0;
  const place = { ...context, eventId: lastPositionOf(context.height) };
  for (const entry of entries) {
    const processed = processCarrier({ kind: "entry", entry }, place, checks);
    changes.push(...processed.changes);
    leaves.push(...processed.leaves);
    if (processed.quarantined.length > 0 && entry.trieKey.length >= 6) {
      faultyAccounts.add(readTrieKeyHead(entry.trieKey).fid);
    }
    quarantined.push(...processed.quarantined);
    spoiltCount += processed.spoiltCount;
  }
  return { changes, leaves, quarantined, spoiltCount, faultyAccounts };
}
