import type { Change, MergeMessage, SnapshotContext } from "@snaprag/processors";
import { findListedMerge, lastPositionOf } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { LeafChange, QuarantinedMessage } from "@snaprag/storage";
import { readTrieKeyHead } from "@snaprag/verify";
import { isKeyOfRow } from "../proof/leaves/entry-key.ts";
import type { MessageChecks } from "../proof/messages/message-checks.ts";
import { findFault } from "../proof/messages/message-checks.ts";
import type { CarrierContext } from "../run/quarantine/process-carrier.ts";
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

/**
 * What nearly all entries are: one row of an account of this shard, under its own key. Of these there
 * is nothing else to be said, so that a first sync makes no object for each but the change. Undefined
 * for all others, sound or not.
 */
function findPlainMerge(
  { trieKey, trieMessage }: ShardTrieEntryWithMessage,
  place: CarrierContext,
  checks: MessageChecks,
): MergeMessage | undefined {
  if (trieMessage?.$case !== "userMessage") return undefined;
  if (findFault(trieMessage.value, checks) !== undefined) return undefined;
  const merge = findListedMerge(trieMessage.value, place, place.eventId);
  return isKeyOfRow(trieKey, merge) ? merge : undefined;
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
    const merge = findPlainMerge(entry, place, checks);
    if (merge !== undefined) {
      changes.push(merge);
      continue;
    }
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
