import type { Change, EventContext } from "@snaprag/processors";
import type { LeafChange, QuarantinedMessage } from "@snaprag/storage";
import type { MessageChecks } from "../proof/messages/message-checks.ts";
import { processCarrier } from "../run/quarantine/process-carrier.ts";
import type { ShardBlock } from "./shard-block.ts";

/** What the events of a block amount to. */
export interface ProcessedBlock {
  readonly changes: readonly Change[];
  readonly leaves: readonly LeafChange[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes or signatures. */
  readonly spoiltCount: number;
}

/** Turns the events of a block into changes. An event with a forged message is set aside. */
export function processBlock(
  { events, at }: ShardBlock,
  context: Omit<EventContext, "at">,
  checks: MessageChecks,
): ProcessedBlock {
  const changes: Change[] = [];
  const leaves: LeafChange[] = [];
  const quarantined: QuarantinedMessage[] = [];
  const { shardId, network, homeShardOf } = context;
  let spoiltCount = 0;
  for (const event of events) {
    // Member by member: spreading an object costs more than most events.
    const place = { shardId, network, homeShardOf, at, eventId: event.id };
    const processed = processCarrier({ kind: "event", event }, place, checks);
    changes.push(...processed.changes);
    leaves.push(...processed.leaves);
    quarantined.push(...processed.quarantined);
    spoiltCount += processed.spoiltCount;
  }
  return { changes, leaves, quarantined, spoiltCount };
}
