// How what a node has by now is written while the store stays before a gap.
import type { EventContext } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { QuarantinedMessage, ShardStanding } from "@snaprag/storage";
import type { NodeReading } from "../../../proof/node/node-reading.ts";
import type { Correction } from "../../../proof/repair/correct-account.ts";
import { isRowChange } from "../../../proof/repair/correct-account.ts";
import { messagesOfEntries } from "../../quarantine/carrier.ts";
import { processCarrier } from "../../quarantine/process-carrier.ts";
import type { SyncRun } from "../../sync-run.ts";
import { processContextOf } from "../../sync-run.ts";
import type { Gap } from "./read-gap.ts";

/** Whose accounts are taken over, up to where. */
export interface TakeOver {
  readonly run: SyncRun;
  readonly reading: NodeReading;
  /** Where the store stands, and stays. */
  readonly standing: ShardStanding;
  readonly gap: Gap;
}

/** What is to be written. */
export interface TakenOver extends Correction {
  readonly quarantined: QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes, keys or signatures. */
  readonly spoiltCount: number;
}

/** What entries come to at the end of a gap, by the rules that every sync applies. */
export async function processTaken(
  { run, standing: { shardId }, gap }: TakeOver,
  entries: readonly ShardTrieEntryWithMessage[],
): Promise<TakenOver> {
  const place = { at: gap.at, eventId: lastPositionOf(gap.lastBlock) };
  const context: EventContext & typeof place = { ...processContextOf(run, shardId), ...place };
  const checks = await run.checkMessages(messagesOfEntries(entries));
  const taken: Omit<TakenOver, "spoiltCount"> = { changes: [], leaves: [], quarantined: [] };
  let spoiltCount = 0;
  for (const entry of entries) {
    const processed = processCarrier({ kind: "entry", entry }, context, checks);
    // What a compact state ends is told by the account itself.
    taken.changes.push(...processed.changes.filter(isRowChange));
    taken.leaves.push(...processed.leaves);
    taken.quarantined.push(...processed.quarantined);
    spoiltCount += processed.spoiltCount;
  }
  return { ...taken, spoiltCount };
}

/** Writes it in one transaction, which moves the shard nowhere. */
export async function writeTakenOver(
  { run, standing, gap }: TakeOver,
  { changes, leaves, quarantined }: Omit<TakenOver, "spoiltCount">,
): Promise<void> {
  if (changes.length + leaves.length + quarantined.length === 0) return;
  const { shardId, blockNumber, blockTime, eventId } = standing;
  const messageCount = changes.filter(({ kind }) => kind === "merge").length;
  const batch = {
    ...{ shardId, previousBlock: blockNumber, blockNumber, eventId },
    ...{ blockTime: blockTime ?? gap.at, changes, leaves, quarantined, messageCount },
  };
  const write = { shardId, blockNumber, messageCount };
  await run.slowWrites.watch(write, () => run.store.applyBlocks(batch));
  run.activity.of(shardId).messageCount += messageCount;
}
