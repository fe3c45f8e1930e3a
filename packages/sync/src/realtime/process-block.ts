import type { Change, EventContext } from "@snaprag/processors";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { Blake3 } from "@snaprag/verify";
import { processCarrier } from "../run/quarantine/process-carrier.ts";
import type { ShardBlock } from "./shard-block.ts";

/** What the events of a block amount to. */
export interface ProcessedBlock {
  readonly changes: readonly Change[];
  readonly quarantined: readonly QuarantinedMessage[];
  /** Messages among the quarantined that do not fit their hashes. */
  readonly spoiltCount: number;
}

/** Turns the events of a block into changes. An event with a forged message is set aside. */
export function processBlock(
  { events, at }: ShardBlock,
  context: Omit<EventContext, "at">,
  blake3: Blake3,
): ProcessedBlock {
  const changes: Change[] = [];
  const quarantined: QuarantinedMessage[] = [];
  let spoiltCount = 0;
  for (const event of events) {
    const place = { ...context, at, eventId: event.id };
    const processed = processCarrier({ kind: "event", event }, place, blake3);
    changes.push(...processed.changes);
    quarantined.push(...processed.quarantined);
    spoiltCount += processed.spoiltCount;
  }
  return { changes, quarantined, spoiltCount };
}
